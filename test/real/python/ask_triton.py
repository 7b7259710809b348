"""A lane of NVIDIA's tritonclient over HTTP: tensors in JSON or in the binary extension. usage: ask_triton.py JOB

Metadata and readiness are asked through the gate first, as this client's users do.
"""

import time
from urllib.parse import urlsplit

import numpy
import tritonclient.http as triton
from lane import Answer, Row, job_from_arguments, run


class Recorded:
    """A response of tritonclient's HTTP library that remembers its body, since the library's own reads only once."""

    def __init__(self, response) -> None:
        self.status_code = response.status_code
        self.items = list(response.items())
        self.body = bytes(response.read())
        self._get = response.get
        self._offset = 0

    def get(self, name: str, default=None):
        return self._get(name, default)

    def read(self, length: int = -1) -> bytes:
        start = self._offset
        self._offset = len(self.body) if length < 0 else start + length
        return self.body[start : self._offset]


class RecordingClient(triton.InferenceServerClient):
    recorded: Recorded

    def _post(self, request_uri, request_body, headers, query_params):
        self.recorded = Recorded(super()._post(request_uri, request_body, headers, query_params))
        return self.recorded


def tensors(row: Row, binary: bool) -> list[triton.InferInput]:
    inputs = []
    for name, value in row.features.items():
        tensor = triton.InferInput(name, [1, 1], "FP64")
        tensor.set_data_from_numpy(numpy.array([[value]]), binary_data=binary)
        inputs.append(tensor)
    return inputs


def main() -> None:
    job = job_from_arguments()
    binary = job["binary"]
    clients: dict[str, RecordingClient] = {}

    def client_of(base: str) -> RecordingClient:
        return clients.setdefault(base, RecordingClient(urlsplit(base).netloc, network_timeout=60))

    def ask(base: str, path: str, row: Row, headers: dict[str, str]) -> Answer:
        client = client_of(base)
        model = path.split("/")[3]
        parameters = None if binary else {"content_type": "pd"}
        started = time.perf_counter()
        result = client.infer(
            model, tensors(row, binary), request_id=row.decision, headers=dict(headers), parameters=parameters
        )
        ms = (time.perf_counter() - started) * 1000
        probability = result.as_numpy("predict_proba")
        if probability is None or probability.shape != (1, 2):
            raise SystemExit(f"row {row.index}: tritonclient reads no probabilities in {client.recorded.body[:300]!r}")
        return Answer(client.recorded.status_code, client.recorded.items, client.recorded.body, ms)

    gate, path = client_of(job["gate"]["bases"][0]), job["gate"]["path"]
    model = path.split("/")[3]
    if not job["exactTargets"]:  # an exact target has no room for other paths
        assert gate.is_model_ready(model), "the model is not ready through the gate"
        assert gate.get_model_metadata(model)["name"] == model, "no metadata through the gate"
    run(job, ask)


if __name__ == "__main__":
    main()
