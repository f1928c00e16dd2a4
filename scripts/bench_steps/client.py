"""A client process: posts prepared requests over some connections, at a rate or as fast as answers come.

`python -m scripts.bench_steps.client URL FILE CONNECTIONS RATE`: prints "ready", waits for a line, posts, prints what
it saw as JSON. FILE: the requests, pickled. RATE: requests a second over all connections, 0 for no limit.
"""

from __future__ import annotations

import itertools
import json
import pickle
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scripts.bench_steps.raw_http import Connection


def main() -> None:
    """One run."""
    url, file, connections, rate = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    requests: list[bytes] = pickle.loads(Path(file).read_bytes())  # noqa: S301 - our own file
    opened = [Connection(url) for _ in range(connections)]
    print(json.dumps("ready"), flush=True)
    sys.stdin.readline()
    numbers, begun = itertools.count(), time.monotonic()
    with ThreadPoolExecutor(connections) as pool:
        found = list(pool.map(lambda one: _posted(one, requests, numbers, begun, rate), opened))
    seen = [item for part in found for item in part]
    answer = {
        "accept_ms": [ms for _, ms, _, _ in seen],
        "accepted": [(number, moment) for number, _, moment, _ in seen],
        "failures": [text for *_, text in seen if text],
    }
    print(json.dumps(answer), flush=True)


def _posted(
    connection: Connection, requests: list[bytes], numbers: itertools.count[int], begun: float, rate: float
) -> list[tuple[int, float, float, str]]:
    seen = []
    while (number := next(numbers)) < len(requests):
        due = begun + number / rate if rate else 0.0
        time.sleep(max(0.0, due - time.monotonic()))
        # where the server falls behind, waiting for a free connection counts as well
        start = due if rate else time.monotonic()
        status, body = connection.ask(requests[number])
        wrong = "" if status == 201 and b'"problem":{' not in body else f"{status} {body[:400]!r}"
        now = time.monotonic()
        seen.append((number, (now - start) * 1000, now, wrong))
    return seen


if __name__ == "__main__":
    main()
