"""A process that answers requests beside the one that relays and watches; started by `api.doors`.

`python -m api.door LISTENING LINE`: numbers of two open sockets, the one where requests come in and the line to the
process that started it. It ends with that one, however that ends.
"""

from __future__ import annotations

import socket
import sys

from api.line import END, FAILURE, READY, Line
from api.server import be_quick, few_arenas, server
from ledger.settings import load_settings
from ledger.wiring import open_app


def main() -> None:
    """One run."""
    few_arenas()
    listening, end = (socket.socket(fileno=int(number)) for number in sys.argv[1:3])
    with listening, open_app(load_settings()) as app:
        app.rpc.watch_over()
        running = server(app)

        def heard(kind: bytes, content: bytes) -> None:
            if kind == FAILURE:
                app.failure = content.decode()
            elif kind == END:
                running.should_exit = running.force_exit = True

        line = Line(end, app.book, heard)
        try:
            be_quick()
            line.say(READY)
            running.run(sockets=[listening])
        finally:
            line.close()


if __name__ == "__main__":
    main()
