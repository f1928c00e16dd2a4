"""Serves the HTTP API with uvicorn, until interrupted."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import uvicorn

from api.doors import serve_apart
from api.json_body import usual_stack
from api.main import create_app
from ledger.errors import Unavailable
from ledger.wiring import App

SWITCH = 0.0005
"""Seconds after which a busy thread lets another one on: an answer goes through three threads, and with Python's usual
5 ms would wait for each of them behind relay and watcher."""


_ARENA_MAX = -8
"""glibc's M_ARENA_MAX, see mallopt(3)."""
ARENAS = 2


class PortInUse(Unavailable):
    """Somebody else listens there."""

    code = "port-in-use"
    title = "The port is taken"


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises PortInUse."""
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
        found.listen(128)
    except OSError as error:
        found.close()
        raise PortInUse(
            f"{host}:{port} can't be used ({error.strerror}): set GOLDTICKET_PORT to another port, or 0 for any.",
            host=host,
            port=port,
        ) from None
    return found


def server(app: App) -> uvicorn.Server:
    """The server, not running yet."""
    usual_stack()
    config = uvicorn.Config(create_app(app), log_level="warning", access_log=False, lifespan="off")
    return uvicorn.Server(config)


def serve(app: App, ready: Callable[[str], None]) -> None:
    """Runs relay, watcher and API, in as many processes as the settings say; `ready` is told the URL."""
    with listen(app.settings.host, app.settings.port) as found:
        host, port = found.getsockname()[:2]
        app.start()
        be_quick()
        url = f"http://{host}:{port}"
        if app.settings.processes > 1:
            serve_apart(app, found, lambda: ready(url))
        else:
            ready(url)
            server(app).run(sockets=[found])


def be_quick() -> None:
    """What a process that has come up does for those that wait for it."""
    name_threads()
    rest_the_collector()
    sys.setswitchinterval(SWITCH)


def few_arenas() -> None:
    """To be called before there are threads. The C library gives each thread a heap of its own, and what is free in
    one is of no use to another: tens of MiB after some hours. Where it is another library, nothing."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, ARENAS)


def name_threads() -> None:
    """Gives the operating system the threads' names, for `top -H` and for measuring; where it can't be, nothing."""
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            with contextlib.suppress(OSError):
                Path(f"/proc/self/task/{thread.native_id}/comm").write_text(thread.name[:15])


def rest_the_collector() -> None:
    """What was loaded stays for good, so that the search for cyclic garbage need not look through it; and thousands of
    acts at a time make many objects, but hardly any cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
