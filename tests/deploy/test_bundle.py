"""The bundle for an organisation, as far as it can be checked without running it.

given the compose file
    it should be valid by the published schema, name only files that are there, and variables that env.example explains
    it should give no database, node API or metrics to the world
given the gateway's secrets as files
    it should start with them; one that is there and can't be read should end it with the way out
given rules and dashboard
    they should name only figures that the gateway tells
given the tools that check such files, where they are installed
    they should find nothing
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from api.metrics import WAITING
from ledger.book.engines import parse_dsn
from ledger.settings import Settings
from tests.api.office import Office
from tests.deploy import caddy

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
SCHEMA = DEPLOY.parent / "tests" / "deploy" / "compose-spec.json"


def wrong(compose: dict[str, Any]) -> list[str]:
    """What the published schema finds wrong with a compose file."""
    validator = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text()))
    return [f"{'/'.join(map(str, e.instance_path))}: {e.message}" for e in validator.iter_errors(compose)]


def test_the_compose_file_is_valid_by_the_published_schema() -> None:
    assert wrong(COMPOSE) == []


@pytest.mark.parametrize(
    ("service", "key", "value"),
    [("gateway", "volume", []), ("node", "ports", 30303), ("postgres", "healthcheck", {"test": 7})],
)
def test_the_schema_finds_mistakes(service: str, key: str, value: object) -> None:
    services = SERVICES | {service: SERVICES[service] | {key: value}}
    [found] = {line.split("/")[1].split(":")[0] for line in wrong(COMPOSE | {"services": services})}
    assert found == service


def test_the_compose_file_hangs_together() -> None:
    assert set(COMPOSE) == {"name", "services", "networks", "volumes", "secrets", "x-log"}
    for name, service in SERVICES.items():
        assert ("image" in service) != ("build" in service), name
        assert not ("networks" in service and "network_mode" in service)
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or source.startswith(("./", "${")), volume
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
        for needed in service.get("depends_on", []):
            assert needed in SERVICES
        for network in service.get("networks", []):
            assert network in COMPOSE["networks"]


def test_it_names_files_that_are_there() -> None:
    assert (
        DEPLOY / SERVICES["gateway"]["build"]["context"] / SERVICES["gateway"]["build"]["dockerfile"]
    ).is_file()
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert not source.startswith("./") or (DEPLOY / source).exists(), source
    for line in (DEPLOY / "gateway" / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY "):
            assert all((ROOT / word).exists() for word in line.split()[1:-1]), line


def test_every_variable_is_explained() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text()))
    explained = set(re.findall(r"^(\w+)=", (DEPLOY / "env.example").read_text(), re.MULTILINE))
    assert asked == explained


def test_settings_of_the_gateway_are_settings() -> None:
    given = {name for name in SERVICES["gateway"]["environment"] if name.startswith("GOLDTICKET_")}
    given |= set(re.findall(r"(GOLDTICKET_\w+)=", (DEPLOY / "gateway" / "start").read_text()))
    given |= set(re.findall(r"(GOLDTICKET_\w+)=", (DEPLOY / "systemd" / "goldticket.service").read_text()))
    assert {name.removeprefix("GOLDTICKET_").lower() for name in given} <= set(Settings.model_fields)


def test_nothing_but_the_front_door_and_other_nodes_is_open_to_the_world() -> None:
    open_ = [
        port
        for service in SERVICES.values()
        for port in service.get("ports", [])
        if not port.startswith("127.")
    ]
    assert sorted(open_) == ["${P2P_PORT:-30303}:30303/tcp", "443:443", "80:80"]
    assert SERVICES["postgres"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_every_service_comes_back_is_looked_at_and_does_not_fill_the_disk() -> None:
    for name, service in SERVICES.items():
        assert service["restart"] == "unless-stopped", name
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}, name
        assert "healthcheck" in service or name == "prometheus", name
        if (beside := service.get("network_mode", "").removeprefix("service:")) in SERVICES:
            assert service["depends_on"][beside]["restart"] is True, f"{name} stays in a network that is gone"


def test_the_gateway_does_not_get_the_nodes_key() -> None:
    mounted = [volume for volume in SERVICES["gateway"]["volumes"] if "NODE_FILES" in volume]
    assert mounted == ["${NODE_FILES}/engine.toml:/etc/goldticket/engine.toml:ro"]
    assert SERVICES["gateway"]["environment"]["GOLDTICKET_ENGINE_FILE"] == "/etc/goldticket/engine.toml"


CLIENTS = {"bookworm": "15", "trixie": "17"}
"""Debian's PostgreSQL by its release."""


def test_the_gateways_pg_dump_is_of_the_servers_version() -> None:
    """An older one refuses to save, what a newer one saves the server may refuse to take back."""
    first = (DEPLOY / "gateway" / "Dockerfile").read_text().split("FROM ")[1].split()[0]
    assert SERVICES["postgres"]["image"] == f"postgres:{CLIENTS[first.rpartition('-')[2]]}"


# ---- systemd

UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
HARDENED = {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes"}


def unit(file: Path) -> dict[str, str]:
    """A unit's settings; of one that stands there several times the last."""
    lines = [line for line in file.read_text().splitlines() if "=" in line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.stem)
def test_a_unit_may_little_and_comes_back(file: Path) -> None:
    told = unit(file)
    assert told["User"] not in ("", "root")
    assert HARDENED.items() <= told.items()
    assert (told["CapabilityBoundingSet"], told["UMask"], told["StateDirectoryMode"]) == ("", "0077", "0700")
    if told["Type"] != "oneshot":
        assert (told["Restart"], told["StartLimitIntervalSec"]) == ("always", "0")


def test_settings_of_the_units_are_settings() -> None:
    text = (DEPLOY / "systemd" / "gateway.env.example").read_text()
    given = dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))
    assert {name.removeprefix("GOLDTICKET_").lower() for name in given} <= set(Settings.model_fields)
    assert parse_dsn(given["GOLDTICKET_DSN"]).query == {"host": "/run/postgresql"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="LEFT OUT: systemd-analyze is not here")
@pytest.mark.parametrize("file", sorted((DEPLOY / "systemd").glob("*.[st]*r*")), ids=lambda file: file.name)
def test_systemd_finds_nothing(file: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", file], capture_output=True, text=True, timeout=60, check=False
    )
    said = [line for line in done.stderr.splitlines() if file.name in line and "not executable" not in line]
    assert said == []


# ---- secrets

SHOWS = 'printf \'%s|%s|%s\' "$GOLDTICKET_DSN" "$GOLDTICKET_PASSPHRASE" "$GOLDTICKET_CONSORTIUM_KEY"'
NOBODY = 65534


@pytest.fixture
def secrets() -> Iterator[Path]:
    """Where every user gets in, as containers have it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        folder.chmod(0o755)
        for name in ("postgres-password", "passphrase", "consortium-key"):
            (folder / name).write_text(name + "\n")
            (folder / name).chmod(0o444)
        yield folder


def started(secrets: Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", "-s", "sh", "-c", SHOWS]
    given = {"PATH": "/usr/bin:/bin", "SECRETS_FOLDER": str(secrets), "GOLDTICKET_DSN": "", **env}
    user = NOBODY if os.geteuid() == 0 else None
    script = (DEPLOY / "gateway" / "start").read_text()
    return subprocess.run(
        command, input=script, env=given, user=user, capture_output=True, text=True, timeout=20, cwd="/"
    )


@pytest.mark.parametrize("name", ["postgres-password", "passphrase", "consortium-key", "."])
def test_a_secret_that_cannot_be_read_ends_it(secrets: Path, name: str) -> None:
    (secrets / name).chmod(0o700 if name == "." and os.geteuid() == 0 else 0)
    done = started(secrets)
    (secrets / name).chmod(0o755)
    assert (done.returncode, done.stdout) == (1, "")
    assert "can't be read" in done.stderr
    assert "chown 8600" in done.stderr


def test_secrets_come_from_files(secrets: Path) -> None:
    assert started(secrets).stdout == (
        "postgresql://goldticket:postgres-password@postgres:5432/goldticket|passphrase|consortium-key"
    )
    given = started(secrets, GOLDTICKET_DSN="sqlite:///x", GOLDTICKET_PASSPHRASE="p")
    assert given.stdout == "sqlite:///x|p|consortium-key"


def test_secrets_that_are_not_there_are_left_to_the_program(secrets: Path) -> None:
    for file in secrets.iterdir():
        file.unlink()
    assert started(secrets).stdout == "||"


# ---- figures


@pytest.fixture
def figures(office: Office) -> set[str]:
    told = office.client.get("/metrics")
    assert (told.status_code, told.headers["content-type"].partition(";")[0]) == (200, "text/plain")
    assert "goldticket_chain_block 7\n" in told.text
    assert 'goldticket_legs{state="complete"} 0' in told.text
    return set(re.findall(r"^(goldticket_\w+)", told.text, re.MULTILINE)) | set(
        re.findall(r"^# TYPE (\w+)", told.text, re.MULTILINE)
    )


def named(text: str) -> set[str]:
    return set(re.findall(r"\bgoldticket_\w+", text))


def test_rules_and_dashboard_name_figures_that_are_told(figures: set[str]) -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())
    expressions = " ".join(rule["expr"] for group in rules["groups"] for rule in group["rules"])
    board = json.loads((DEPLOY / "grafana" / "goldticket.json").read_text())
    shown = " ".join(target["expr"] for panel in board["panels"] for target in panel["targets"])
    assert named(expressions) <= figures
    assert named(shown) == figures - {"goldticket_book_block"}
    scraped = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    jobs = set(re.findall(r'job="(\w+)"', expressions + shown))
    assert jobs <= {one["job_name"] for one in scraped}
    assert set(re.findall(r'state="(\w+)"', expressions + shown)) <= set(map(str, WAITING))


def test_what_does_not_answer_is_said(office: Office) -> None:
    office.chain.down = True
    told = office.client.get("/metrics").text
    assert "goldticket_chain_up 0\n" in told
    assert "goldticket_book_up 1\n" in told
    assert not re.search(r"^goldticket_book_lag_blocks", told, re.MULTILINE)


# ---- other people's tools


@pytest.mark.parametrize(
    "command",
    [
        "promtool check config deploy/prometheus/prometheus.yml",
        "promtool check rules deploy/prometheus/rules.yml",
        "sh -n deploy/gateway/start",
    ],
)
def test_other_tools_find_nothing(command: str, tmp_path: Path) -> None:
    program = command.split()[0]
    if shutil.which(program) is None:
        pytest.skip(f"LEFT OUT: {program} is not installed; {command.split()[-1]} was not checked with it")
    env = {
        "PATH": "/usr/bin:/bin:/usr/sbin",
        "HOME": str(tmp_path),
    }
    done = subprocess.run(command.split(), cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(
    caddy.PROGRAM is None, reason="LEFT OUT: caddy is not installed; deploy/Caddyfile was not checked"
)
def test_caddy_finds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "Caddyfile"
    file.write_text(caddy.caddyfile())
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "GATEWAY_HOST": "localhost",
        "ADMIN_MAIL": "a@b.example",
    }
    command = [str(caddy.PROGRAM), "validate", "--config", str(file), "--adapter", "caddyfile"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_project_says_what_psycopg_is_for() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert "postgres" in wanted
