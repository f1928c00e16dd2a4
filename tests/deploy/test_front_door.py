"""The front door's configuration, with the program itself where it is installed (without TLS, on loopback).

given a stream of lines of more bytes than other requests may have
    its results should come while it still goes in, and none be missing
given another request of so many bytes
    it should be refused
given somebody outside who asks for figures
    they should not be there
"""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.deploy import caddy

PART = b"x" * 999 + b"\n"
PARTS = 20_000
pytestmark = pytest.mark.skipif(
    caddy.PROGRAM is None, reason="LEFT OUT: caddy is not installed; deploy/Caddyfile was not run"
)


class Answering(StreamingResponse):
    """As the API's: begins while the request still comes in."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.stream_response(send)


async def lines(request: Request) -> Response:
    """A number for each thousand lines."""

    async def counted() -> AsyncIterator[bytes]:
        size = told = 0
        async for chunk in request.stream():
            size += len(chunk)
            while size >= (told + 1) * 1000 * len(PART):
                told += 1
                yield b"%d\n" % told

    return Answering(counted(), 201)


async def whole(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


def free() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    app = Starlette(
        routes=[
            Route("/v1/acts/lines", lines, methods=["POST"]),
            Route("/v1/acts/bulk", whole, methods=["POST"]),
            Route("/metrics", whole),
        ]
    )
    inside = uvicorn.Server(uvicorn.Config(app, port=free(), log_level="error"))
    thread = threading.Thread(target=inside.run, daemon=True)
    thread.start()
    port, home = free(), tmp_path_factory.mktemp("caddy")
    text = caddy.caddyfile().replace("{\n\temail", "{\n\tadmin off\n\temail", 1)
    (home / "Caddyfile").write_text(text)
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "ADMIN_MAIL": "a@b.example"}
    env |= {"GATEWAY_HOST": f"http://127.0.0.1:{port}", "GATEWAY": f"127.0.0.1:{inside.config.port}"}
    command = [str(caddy.PROGRAM), "run", "--config", str(home / "Caddyfile"), "--adapter", "caddyfile"]
    with (home / "log").open("w") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=home)
    try:
        until(f"http://127.0.0.1:{port}/metrics")
        until(f"http://127.0.0.1:{inside.config.port}/metrics")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)
        inside.should_exit = True
        thread.join(10)


def until(url: str) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with suppress(httpx.TransportError):
            httpx.get(url, trust_env=False)
            return
        time.sleep(0.05)
    raise AssertionError(f"nobody answers at {url}")


@pytest.mark.skipif(
    not caddy.both_ways(),
    reason="LEFT OUT: caddy is too old (2.7.6 is needed) for a stream of lines over HTTP/1.1",
)
def test_a_stream_of_lines_gets_through(door: str) -> None:
    body = (PART * 100 for _ in range(PARTS // 100))
    with (
        httpx.Client(trust_env=False, timeout=30) as client,
        client.stream("POST", f"{door}/v1/acts/lines", content=body) as answer,
    ):
        found = list(answer.iter_lines())
    assert (answer.status_code, found) == (201, [str(n) for n in range(1, PARTS // 1000 + 1)])


def test_other_requests_are_bounded(door: str) -> None:
    with httpx.Client(trust_env=False, timeout=30) as client:
        assert client.post(f"{door}/v1/acts/bulk", content=b"x" * 7_000_000).text == "7000000"
        with suppress(httpx.WriteError):
            assert client.post(f"{door}/v1/acts/bulk", content=b"x" * 9_000_000).status_code >= 400


def test_figures_are_not_for_outside(door: str) -> None:
    assert httpx.get(f"{door}/metrics", trust_env=False).status_code == 404
