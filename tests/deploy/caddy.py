"""The front door's program, where it is installed, and our configuration as far as it understands it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

PROGRAM = os.environ.get("GOLDTICKET_CADDY") or shutil.which("caddy")
NEEDED = (2, 7, 6)
_FILE = Path(__file__).parents[2] / "deploy" / "Caddyfile"


def version() -> tuple[int, ...]:
    """Of the program; nothing when there is none."""
    if PROGRAM is None:
        return ()
    told = subprocess.run(
        [PROGRAM, "version"], capture_output=True, text=True, check=False, timeout=20
    ).stdout
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", told)
    return tuple(map(int, found.groups())) if found else ()


def caddyfile() -> str:
    """Ours; for an older program without what it does not know."""
    text = _FILE.read_text()
    if version() >= NEEDED:
        return text
    shorter = re.sub(r"\tservers \{.*?\n\t\}\n", "", text, count=1, flags=re.DOTALL)
    assert "full_duplex" not in shorter
    return shorter
