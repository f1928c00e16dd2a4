"""How bodies are read.

given a body that nests 100,000 deep, after an import has raised the limit of nested calls
  it should be refused, and the process go on (tried in a process of its own)
given a body that is not JSON
  the error should name the byte where it stops being so
given a route of the API
  it should be one that reads its body like this
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from api.json_body import JsonRoute, read_json
from api.main import _ROUTERS

DEEP = """
import asyncio, json, sys
import httpx
import ledger.wiring, ledger.keys.keystore
from api.main import create_app
sys.setrecursionlimit(100_000)
api = create_app(None)
assert sys.getrecursionlimit() == 100_000
async def run():
    transport = httpx.ASGITransport(api)
    async with httpx.AsyncClient(transport=transport, base_url="http://gold.ticket") as client:
        for part in (b"[", b'{"a":', b'[{"a":'):
            headers = {"Content-Type": "application/json"}
            for path in ("/v1/offers", "/v1/acts"):
                answer = await client.post(path, content=part * 200_000, headers=headers)
                print(answer.status_code, answer.json()["code"])
asyncio.run(run())
"""


def test_deep_bodies_of_strangers_end_no_process() -> None:
    done = subprocess.run([sys.executable, "-c", DEEP], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split("\n")[:-1] == ["422 invalid-request"] * 6


def test_serving_puts_the_limit_back() -> None:
    code = (
        "import sys; from api.server import server; sys.setrecursionlimit(100_000); server(None);"
        "print(sys.getrecursionlimit())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "1000\n", done.stderr[-2000:]


@pytest.mark.parametrize(
    ("body", "position"),
    [
        (b'{"a":1,}', 7),
        (b'{"a":1,\n "b":x}', 13),
        (b"\xef\xbb\xbf[1,x]", 3),
        (b"", 0),
        (b"\xff\xfe", 0),
        (b"NaN", 0),
        ('{"a":1}'.encode("utf-16"), 0),
        (b'"\\ud800"', 7),
        (b"[" * 201, 200),
        (b"9" * 5_000, 4_300),
    ],
    ids=repr,
)
def test_errors_say_where(body: bytes, position: int) -> None:
    with pytest.raises(json.JSONDecodeError) as wrong:
        read_json(body)
    assert abs(wrong.value.pos - position) <= 1


def test_what_json_says() -> None:
    assert read_json(b'\xef\xbb\xbf {"a":[1,null,true,"\\ud83d\\ude00"]}') == {"a": [1, None, True, "😀"]}


def test_every_route_reads_like_this() -> None:
    routes = [route for router in _ROUTERS for route in router.routes]
    assert len(routes) > 50
    assert [route for route in routes if not isinstance(route, JsonRoute)] == []
