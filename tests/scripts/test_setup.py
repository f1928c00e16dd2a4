"""The setup's promises.

given a Python that does not fit
  it should refuse it with a clear line
given the lock files
  it should pin everything that pyproject.toml asks for, by hash
  it should name no registry
given what is installed
  it should have nothing left to do
given two setups at once
  it should let the second wait for the first
"""

import fcntl
import json
import os
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
SETUP = ROOT / "scripts" / "setup"


def asked_for() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lists = [project["dependencies"], extras["node"], extras["dev"]]  # other extras are the user's choice
    return [Requirement(line) for lines in lists for line in lines]


def locked() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = [line.split(";")[0].rstrip("\\ ").split("==") for line in lines if "==" in line.split(";")[0]]
    return {canonicalize_name(name): version for name, version in pins}


def test_another_python_is_refused() -> None:
    refused = subprocess.run(
        [SETUP], env={**os.environ, "GOLDTICKET_PYTHON": "/bin/false"}, capture_output=True, text=True
    )

    assert refused.returncode == 1
    assert "GOLDTICKET_PYTHON is /bin/false: name a Python 3.11, 3.12 or 3.13" in refused.stderr


@pytest.mark.parametrize("wanted", asked_for(), ids=str)
def test_all_that_is_asked_for_is_locked(wanted: Requirement) -> None:
    version = locked().get(canonicalize_name(wanted.name))

    remedy = f"scripts/lock brings requirements.lock up to {wanted}"
    assert version is not None, remedy
    assert wanted.specifier.contains(version), remedy


def test_every_python_package_has_a_hash() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")

    assert all("--hash=sha256:" in entry for entry in text.replace("\\\n", " ").splitlines() if "==" in entry)


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-mutation.lock", "package-lock.json", ".npmrc"]
)
def test_no_lock_names_a_registry(name: str) -> None:
    assert "://" not in (ROOT / name).read_text(encoding="utf-8")


def test_every_npm_package_for_this_machine_has_a_hash() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    bare = [name for name, entry in packages.items() if name and "integrity" not in entry]

    assert all(packages[name].get("optional") and packages[name].get("os") for name in bare)


def test_nothing_is_left_to_do() -> None:
    subprocess.run([SETUP, "--quiet"], check=True)
    again = subprocess.run([SETUP], capture_output=True, text=True, check=True, timeout=60)

    assert again.stdout.startswith("setup: ready")


def test_a_second_setup_waits_for_the_first() -> None:
    with open(ROOT / ".goldticket" / "setup.lock", "w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        with subprocess.Popen([SETUP, "--quiet"], stdout=subprocess.PIPE, text=True) as second:
            assert second.stdout is not None
            assert "waiting" in second.stdout.readline()
            fcntl.flock(first, fcntl.LOCK_UN)
            assert second.wait(60) == 0
