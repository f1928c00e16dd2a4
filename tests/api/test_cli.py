"""The `goldticket` command on a home of its own.

given nothing yet
    it should say what to do: passphrase, deployment
given a genesis file
    it should deploy once, open a person's access, verify and rebuild
given a signed report
    it should count by this gateway's own key, or one that is given, and about this ledger alone
given another consortium key than the one that was made when the ledger was deployed
    it should not open; the doctor should say why
given a payables file with a wrong row
    it should name row, column, value and way out, and import nothing
given a gateway that serves
    it should answer, let another command verify beside it, and leave no node behind when it is killed
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from api.cli import cli
from ledger.errors import GoldTicketError
from ledger.ids import keccak256, to_hex
from ledger.keys.consortium import mark_of
from ledger.settings import Settings
from ledger.signatures import HeldKeys
from ledger.wiring import open_keystore
from ledger.work.report import digest
from scripts.story.cast import HUAIYUE, LANGONG, LANWAN
from tests.support.books import dsn_of_homes

ENV = {"GOLDTICKET_PASSPHRASE": "for tests only", "GOLDTICKET_LIGHT_KEYS": "true"}
runner = CliRunner()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with dsn_of_homes(), pytest.MonkeyPatch.context() as patch:
        patch.delenv("GOLDTICKET_HOME", raising=False)
        for name, value in ENV.items():
            patch.setenv(name, value)
        home = tmp_path_factory.mktemp("home")
        genesis = home / "genesis.json"
        genesis.write_text(json.dumps(_genesis(home)), encoding="utf-8")
        result = runner.invoke(cli, ["deploy", str(genesis), "--home", str(home)])
        assert result.exit_code == 0, result.output
        yield home


def _genesis(home: Path) -> dict[str, object]:
    keystore = open_keystore(Settings(home=home))
    seeds = [
        {
            "uscc": company.uscc,
            "roles": company.roles,
            "clearingBank": named,
            "keys": [{"key": keystore.create(), "right": 3}],
        }
        for company, named in ((HUAIYUE, 2), (LANWAN, 1))
    ]
    core = {
        "uscc": LANGONG.uscc,
        "roles": 1,
        "clearingBank": 1,
        "keys": [{"key": keystore.create(), "right": 3}],
    }
    return {"seeds": [*seeds, core], "panel": [1, 2], "threshold": 2, "months": 6}


def run(home: Path, *words: str) -> str:
    result = runner.invoke(cli, [*words, "--home", str(home)])
    if isinstance(result.exception, GoldTicketError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_without_a_deployment_it_says_what_to_do(tmp_path: Path, home: Path) -> None:
    with pytest.raises(GoldTicketError, match="goldticket deploy"):
        run(tmp_path, "verify")


def test_without_a_passphrase_it_says_what_to_set(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOLDTICKET_PASSPHRASE", "")
    with pytest.raises(GoldTicketError, match="GOLDTICKET_PASSPHRASE"):
        run(home, "verify")


def test_a_home_is_deployed_to_once(home: Path) -> None:
    with pytest.raises(GoldTicketError, match="has its ledger already"):
        run(home, "deploy", str(home / "genesis.json"))


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDTICKET_ENGINE", "truffle")
    result = runner.invoke(cli, ["doctor"])
    assert isinstance(result.exception, GoldTicketError)
    assert "GOLDTICKET_ENGINE" in str(result.exception)
    assert "'ganache', 'hardhat', 'anvil' or 'rpc'" in str(result.exception)


def test_the_doctor_makes_nothing_where_nothing_is(tmp_path: Path) -> None:
    nowhere = tmp_path / "mistyped"
    result = runner.invoke(cli, ["doctor", "--home", str(nowhere)])
    assert result.exit_code == 1
    assert "does not exist" in " ".join(result.output.split())
    assert not nowhere.exists()


def test_doctor_verify_rebuild(home: Path) -> None:
    assert "ours, with the right domain" in run(home, "doctor")
    report = json.loads(run(home, "verify", "--json"))
    assert (report["verify"], report["differences"]) == ("ok", [])
    checked = run(home, "verify", "--check", report["report"])
    assert report["by"] in checked
    assert "this gateway's own key" in checked
    assert_who_counts(home, Path(report["report"]))
    assert "the projection is new" in run(home, "rebuild")
    assert "ok" in run(home, "verify")


def test_the_consortium_key_is_the_ledgers(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = json.loads((home / "deployment.json").read_text())
    assert record["consortium"] == mark_of(bytes.fromhex((home / "consortium.key").read_text().strip()))
    assert record["consortium"][:20] in run(home, "doctor")
    monkeypatch.setenv("GOLDTICKET_CONSORTIUM_KEY", "0d" * 32)
    with pytest.raises(GoldTicketError, match="has the mark"):
        run(home, "verify")
    result = runner.invoke(cli, ["doctor", "--home", str(home)])
    assert result.exit_code == 1
    assert "consortium" in result.output
    assert "This is not" in result.output


def assert_who_counts(home: Path, file: Path) -> None:
    """A report that somebody else has signed, or about another ledger."""
    other = HeldKeys(keccak256(b"gold ticket development key: a stranger"))
    [stranger] = other.addresses
    said = json.loads(file.read_text())["report"]
    for name, value, options, code, words in (
        ("by", stranger, [], 2, "anybody can sign"),
        ("by", stranger, ["--by", stranger], 0, "(given)"),
        ("chain", 5, ["--by", stranger], 2, "on chain 5, this home's ledger is"),
        ("ledger", stranger, ["--by", stranger], 2, f"It is about {stranger}"),
        ("verify", "differences", ["--by", stranger], 1, "differences"),
    ):
        changed = {**said, "by": stranger, name: value}
        text = json.dumps(changed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        signature = to_hex(other.sign(stranger, digest(text)))
        signed = file.with_name("stranger.json")
        signed.write_text(json.dumps({"report": changed, "signature": signature}))
        result = runner.invoke(cli, ["verify", "--check", str(signed), *options, "--home", str(home)])
        assert (result.exit_code, words in result.output) == (code, True), result.output


def test_a_persons_key_is_shown_once(home: Path) -> None:
    run(home, "verify")
    shown = run(home, "participants", "add-user", "--party", "3", "--name", "周敏", "--scopes", "maker")
    assert re.search(r"gtk_\w+", shown)
    assert "core" in run(home, "participants", "list")
    user = re.search(r"is user (\w+)", shown)
    assert user
    assert "no access any more" in run(home, "participants", "revoke-user", user[1])


def test_a_wrong_row_imports_nothing(home: Path, tmp_path: Path) -> None:
    run(home, "verify")
    good = Path("examples/payables.csv").read_text(encoding="utf-8-sig").splitlines()
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("\n".join([*good[:3], good[3].replace("91", "92", 1)]), encoding="utf-8")
    result = runner.invoke(cli, ["payables", "import", str(wrong), "--core", "3", "--home", str(home)])
    assert result.exit_code == 1
    assert "Nothing was imported" in result.output
    assert "new" in run(home, "payables", "import", "examples/payables.csv", "--core", "3")
    assert run(home, "payables", "import", "examples/payables.csv", "--core", "3").startswith("0 new")


def test_a_serving_gateway_and_its_end(home: Path) -> None:
    command = [sys.executable, "-m", "api.cli", "serve", "--home", str(home), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **ENV}) as process:
        try:
            assert process.stdout
            found = re.search(r"http://[\d.]+:\d+", process.stdout.readline())
            assert found
            assert httpx.get(f"{found[0]}/v1/health", trust_env=False).status_code == 200
            assert json.loads(run(home, "verify", "--json"))["verify"] == "ok"
            node = json.loads((home / "chain" / "node.json").read_text())["url"]
        finally:
            process.send_signal(signal.SIGKILL)
    assert _ends(node)


def _ends(url: str) -> bool:
    """Whether the node behind the killed gateway is gone within a few seconds."""
    for _ in range(100):
        try:
            httpx.post(url, json={"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}, trust_env=False)
        except httpx.TransportError:
            return True
        time.sleep(0.1)
    return False
