"""The three classifiers behind KServe's own model server: its v1 protocol, and v2 with the binary tensor extension.

usage: kserve_server.py PORT NAME=JOBLIB...
"""

import sys

import joblib
import pandas
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer


class Classifier(Model):
    def __init__(self, name: str, path: str) -> None:
        super().__init__(name)
        self.estimator = joblib.load(path)
        self.ready = True

    def predict(self, payload, headers=None, response_headers=None):
        if not isinstance(payload, InferRequest):
            rows = pandas.DataFrame(payload["instances"])
            return {"predictions": self.estimator.predict_proba(rows).tolist()}
        rows = pandas.DataFrame({tensor.name: tensor.as_numpy().reshape(-1) for tensor in payload.inputs})
        probability = self.estimator.predict_proba(rows)
        output = InferOutput(name="predict_proba", shape=list(probability.shape), datatype="FP64")
        output.set_data_from_numpy(probability, binary_data=payload.use_binary_outputs)
        return InferResponse(payload.id, self.name, [output], use_binary_outputs=payload.use_binary_outputs)


if __name__ == "__main__":
    port, named = int(sys.argv[1]), [pair.partition("=") for pair in sys.argv[2:]]
    server = ModelServer(http_port=port, enable_grpc=False, workers=1, access_log_format=None)
    server.start([Classifier(name, path) for name, _, path in named])
