"""Steering a network that another process keeps: one line of JSON there, one line back, over loopback.

The keeper's port and a token stand in keeper.json in the network's folder, readable for its owner alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scripts.networks.keeper import Network, NodeState
from scripts.networks.plan import BinaryMissing, NetworkFailed
from scripts.networks.ties import untie

FILE = "keeper.json"
PATIENCE = 600.0
"""Seconds that a command may take; `untie` on a busy machine is the longest."""


def serve(network: Network) -> None:
    """Carry out commands until `down`; the network is down afterwards."""
    token = secrets.token_hex(16)
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener, network:
        file = network.plan.folder / FILE
        file.touch(mode=0o600)
        record = {"port": listener.getsockname()[1], "token": token, "pid": os.getpid()}
        file.write_text(json.dumps(record) + "\n", encoding="utf-8")
        try:
            while _one(network, listener, token):
                pass
        finally:
            file.unlink(missing_ok=True)
            network.down()


def ask(folder: Path, command: str, **args: Any) -> Any:
    """What the keeper of the network in `folder` answers. Raises NetworkFailed."""
    try:
        record = json.loads((folder / FILE).read_text(encoding="utf-8"))
        with socket.create_connection(("127.0.0.1", record["port"]), PATIENCE) as there:
            there.sendall(json.dumps({"token": record["token"], "do": command, **args}).encode() + b"\n")
            with there.makefile("rb") as lines:
                answer = json.loads(lines.readline())
    except (OSError, ValueError):
        raise NetworkFailed(f"no network runs in {folder}: scripts/network up --folder {folder}") from None
    if "error" in answer:
        raise NetworkFailed(str(answer["error"]))
    return answer["found"]


def states(folder: Path) -> list[NodeState]:
    """Every node as it is now."""
    return [NodeState(**found) for found in ask(folder, "status")]


def _one(network: Network, listener: socket.socket, token: str) -> bool:
    """One command; False after `down`."""
    there, _ = listener.accept()
    there.settimeout(10)
    with there, there.makefile("rwb") as lines:
        try:
            asked = json.loads(lines.readline())
            if not secrets.compare_digest(str(asked.pop("token")), token):
                raise NetworkFailed("the token is not this network's")
            command = str(asked.pop("do"))
            answer = {"found": _done(network, command, asked)}
        except (NetworkFailed, BinaryMissing) as error:
            command, answer = "", {"error": str(error)}
        except (OSError, ValueError, KeyError, TypeError) as error:
            command, answer = "", {"error": f"not understood: {error!r}"}
        with contextlib.suppress(OSError):
            lines.write(json.dumps(answer).encode() + b"\n")
            lines.flush()
    return command != "down"


def _done(network: Network, command: str, args: Mapping[str, Any]) -> Any:
    verbs: Mapping[str, Callable[..., Any]] = {
        "kill": network.kill,
        "pause": network.pause,
        "start": network.start,
        "wipe": network.wipe,
        "part": network.part,
        "heal": network.heal,
        "untie": lambda: untie(network),
        "down": network.down,
        "status": lambda: [asdict(state) for state in network.states()],
    }
    if command not in verbs:
        raise NetworkFailed(f"{command!r} is no command: {', '.join(verbs)}")
    return verbs[command](**args)
