"""The front door's program, where it is installed, and our configuration as far as it understands it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

PROGRAM = os.environ.get("GOLDTICKET_CADDY") or shutil.which("caddy")
_FILE = Path(__file__).parents[2] / "deploy" / "Caddyfile"
_BOTH_WAYS = "{\n\tservers {\n\t\tenable_full_duplex\n\t}\n}\n"


@cache
def both_ways() -> bool:
    """Whether it can pass an answer while the request comes in (2.7.6 or newer)."""
    if PROGRAM is None:
        return False
    with tempfile.NamedTemporaryFile("w", suffix=".caddy") as file:
        file.write(_BOTH_WAYS)
        file.flush()
        command = [PROGRAM, "adapt", "--config", file.name, "--adapter", "caddyfile"]
        return subprocess.run(command, capture_output=True, check=False, timeout=20).returncode == 0


def caddyfile() -> str:
    """Ours; for an older program without what it does not know."""
    text = _FILE.read_text()
    if both_ways():
        return text
    shorter = re.sub(r"\tservers \{.*?\n\t\}\n", "", text, count=1, flags=re.DOTALL)
    assert "full_duplex" not in shorter
    return shorter
