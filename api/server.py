"""Serves the HTTP API with uvicorn, until interrupted."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn

from api.json_body import usual_stack
from api.main import create_app
from ledger.errors import Unavailable
from ledger.wiring import App


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
    """Runs relay, watcher and API; `ready` is told the URL."""
    with listen(app.settings.host, app.settings.port) as found:
        host, port = found.getsockname()[:2]
        app.start()
        ready(f"http://{host}:{port}")
        server(app).run(sockets=[found])
