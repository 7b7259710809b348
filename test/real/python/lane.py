"""What every Python client of the real-server test shares: its rows, the pair of calls per row, and the report.

A lane is one client speaking one protocol to one model. For each of its rows it asks through the gate, then asks the model
server that the gate named, directly and with the same library, and compares the two answers: status, headers in order, body
bytes. The job comes as one JSON file (shape: jobs.ts), the answers go out as one JSON line each.
"""

import csv
import json
import sys
import time
from dataclasses import dataclass
from typing import Callable, Iterator

UNIT = "ID"
OUTCOME = "default.payment.next.month"

# Headers that may differ: hop-by-hop ones (RFC 9110 section 7.6.1), the server's clock, and what the gate adds by contract.
NOT_COMPARED = {"connection", "keep-alive", "date", "headgate-decision", "headgate-version"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    ms: float

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)

    def compared(self) -> list[tuple[str, str]]:
        return [(key.lower(), value) for key, value in self.headers if key.lower() not in NOT_COMPARED]


@dataclass(frozen=True)
class Row:
    index: int
    unit: str
    decision: str
    features: dict[str, float]


# (base URL, path, row, extra headers) -> answer
Ask = Callable[[str, str, Row, dict[str, str]], Answer]


def rows_of(job: dict) -> Iterator[Row]:
    wanted = set(job["rows"])
    with open(job["csv"], newline="") as file:
        for index, line in enumerate(csv.DictReader(file)):
            if index in wanted:
                features = {name: float(value) for name, value in line.items() if name not in (UNIT, OUTCOME)}
                yield Row(index, line[UNIT], f"{job['decisionPrefix']}{index}", features)


def base_of(target: dict, row: Row) -> str:
    """Rows take turns over replicas."""
    return target["bases"][row.index // 8 % len(target["bases"])]


def difference(gate: Answer, direct: Answer) -> str | None:
    if gate.status != direct.status:
        return f"status {gate.status} through the gate, {direct.status} directly"
    if gate.body != direct.body:
        return f"body {gate.body[:300]!r} through the gate, {direct.body[:300]!r} directly"
    if gate.compared() != direct.compared():
        return f"headers {gate.compared()} through the gate, {direct.compared()} directly"
    return None


def run(job: dict, ask: Ask) -> None:
    started = time.monotonic()
    # One line at a time, so that others see how far this is.
    with open(job["out"], "w", buffering=1) as out:
        for row in rows_of(job):
            gate = ask(base_of(job["gate"], row), job["gate"]["path"], row, {"account-id": row.unit, "headgate-decision": row.decision})
            version = gate.header("headgate-version")
            target = job["targets"].get(version)
            direct = None if target is None else ask(base_of(target, row), target["path"], row, {})
            line = {
                "row": row.index,
                "unit": row.unit,
                "decision": gate.header("headgate-decision"),
                "version": version,
                "status": gate.status,
                "error": gate.header("headgate-error"),
                "ms": round(gate.ms, 3),
                "directMs": None if direct is None else round(direct.ms, 3),
                "difference": f"no such version: {version}; {gate.body[:200]!r}" if direct is None else difference(gate, direct),
            }
            out.write(json.dumps(line) + "\n")
    print(f"done after {time.monotonic() - started:.0f} s", flush=True)


def job_from_arguments() -> dict:
    with open(sys.argv[1]) as file:
        return json.load(file)
