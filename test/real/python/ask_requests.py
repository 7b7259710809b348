"""A lane of Python requests: MLflow's dataframe_split, or KServe v1 instances. usage: ask_requests.py JOB"""

import time

import requests
from lane import Answer, Row, job_from_arguments, run

SESSION = requests.Session()


def mlflow_body(row: Row) -> dict:
    return {"dataframe_split": {"columns": list(row.features), "data": [list(row.features.values())]}}


def kserve_body(row: Row) -> dict:
    return {"instances": [row.features]}


def main() -> None:
    job = job_from_arguments()
    body_of = {"mlflow": mlflow_body, "tfserving": kserve_body}[job["protocol"]]

    def ask(base: str, path: str, row: Row, headers: dict[str, str]) -> Answer:
        started = time.perf_counter()
        # stream=True: the body is read below as it came, not decoded.
        with SESSION.post(base + path, json=body_of(row), headers=headers, timeout=60, stream=True) as response:
            body = response.raw.read(decode_content=False)
            ms = (time.perf_counter() - started) * 1000
            return Answer(response.status_code, list(response.raw.headers.items()), body, ms)

    run(job, ask)


if __name__ == "__main__":
    main()
