"""A bank, core or auditor with a node and a book of its own.

given a ledger on a real node, and the operator's gateway switched off
    when somebody observes, without any key
        it should have the same book from the chain alone, and verify and recount should be clean
        its API should answer and refuse whatever writes
    when a participant sends its own complete act
        it should take effect, the observer should see it, and nothing should be noted that is not on chain
    when signatures are missing, wrong, or the contract refuses
        it should say so and send nothing
    when a gateway that runs sends with the same account
        it should not send beside it
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

pytest.importorskip("pyrevm")

from api.cli import cli
from api.main import create_app
from ledger import typed
from ledger.book.db import SqlBook
from ledger.chain.deploy import Deployment
from ledger.chain.nodes.node import DevNode
from ledger.errors import GoldTicketError
from ledger.ids import new_salt, root_id, to_hex
from ledger.records import Lease, Leg, Participant, Ticket
from ledger.settings import Settings
from ledger.users import create_user
from ledger.wiring import App, open_app
from ledger.work.verify import verify
from tests.support.actors import HUAIYUE, LANGONG, WANYUE, Key, Party
from tests.support.mined import mined_world
from tests.support.node_evm import start_node
from tests.support.world import FACE, World

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevNode]:
    with start_node("anvil", tmp_path_factory.mktemp("anvil")) as running:
        yield running


@pytest.fixture(scope="module")
def world(node: DevNode) -> Iterator[World]:
    with mined_world(node) as made:
        yield made


def settings_in(home: Path, node: DevNode, world: World, **more: Any) -> Settings:
    home.mkdir()
    Deployment(node.chain_id, world.address, 1, world.libraries).save(home / "deployment.json")
    return Settings(_env_file=None, home=home, dsn="", engine="rpc", rpc_urls=[node.url], **more)


@pytest.fixture(scope="module")
def operators_ticket(node: DevNode, world: World, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Opened while the operator's gateway ran. It is switched off now."""
    home = tmp_path_factory.mktemp("homes") / "operator"
    secrets = {"passphrase": SecretStr("x"), "consortium_key": SecretStr("0c" * 32)}
    settings = settings_in(home, node, world, light_keys=True, **secrets)
    ticket = world.issue(LANGONG, WANYUE)
    with open_app(settings) as operator:
        operator.settle()
        assert operator.book.read(lambda store: store.need(Ticket, ticket)).value == FACE
    return to_hex(ticket)


@pytest.fixture
def observer(
    node: DevNode, world: World, operators_ticket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    monkeypatch.delenv("GOLDTICKET_PASSPHRASE", raising=False)
    return settings_in(tmp_path / "observer", node, world, observe=True)


def test_the_chain_alone_gives_the_book(observer: Settings, operators_ticket: str) -> None:
    with open_app(observer) as app:
        app.settle()
        people, ticket = app.book.read(
            lambda store: (store.count(Participant), store.need(Ticket, bytes.fromhex(operators_ticket[2:])))
        )
        with app.fresh_projection() as fresh:
            report = verify(app.book, fresh, app.chain, app.deployment.block)
    assert (report.differences, people > 10, ticket.value) == ((), True, FACE)
    assert not list(observer.home.glob("*.key"))
    assert not (observer.home / "keys").exists()


def test_verify_by_command(observer: Settings) -> None:
    env = {
        "GOLDTICKET_ENGINE": "rpc",
        "GOLDTICKET_RPC_URLS": json.dumps(observer.rpc_urls),
        "GOLDTICKET_OBSERVE": "true",
    }
    result = CliRunner().invoke(cli, ["verify", "--json", "--home", str(observer.home)], env=env)
    assert result.exit_code == 0, result.output
    assert '"verify": "ok"' in result.output
    assert not list(observer.home.glob("*.key")), "who never sends needs no key to send with"
    [written] = observer.home.glob("verify-*.json")
    checked = CliRunner().invoke(cli, ["verify", "--check", str(written)], env=env)
    assert "is not signed" in str(checked.exception)


def test_a_recount_asks_nobody_else(observer: Settings, world: World) -> None:
    command = [ROOT / "scripts" / "recount", "--rpc", observer.rpc_urls[0], "--address", world.address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "differences 0"), done.stdout + done.stderr


def test_its_api_answers_and_writes_nothing(observer: Settings, operators_ticket: str) -> None:
    with open_app(observer) as app:
        app.settle()
        _, key = app.book.write(lambda store: create_user(store, WANYUE.id, "ours", ["maker"], "", 1))
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "1"}
        seen = request(app, "GET", f"/v1/tickets/{operators_ticket}", headers)
        refused = [
            request(app, method, path, headers)
            for method, path in (
                ("POST", "/v1/offers"),
                ("POST", "/v1/acts/complete"),
                ("DELETE", "/v1/acts/1"),
            )
        ]
    assert (seen.status_code, seen.json()["value"]) == (200, str(FACE))
    assert [answer.status_code for answer in refused] == [403] * 3
    assert refused[0].json()["code"] == "only-observes"
    assert "goldticket send" in refused[0].json()["detail"]


def test_the_command_serves_without_a_key(observer: Settings) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("GOLDTICKET_")}
    env |= {"GOLDTICKET_ENGINE": "rpc", "GOLDTICKET_RPC_URLS": json.dumps(observer.rpc_urls)}
    command = [
        sys.executable,
        "-m",
        "api.cli",
        "serve",
        "--observe",
        "--home",
        str(observer.home),
        "--port",
        "0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        try:
            assert process.stdout
            found = re.search(r"http://[\d.]+:\d+", process.stdout.readline())
            assert found
            assert httpx.get(f"{found[0]}/v1/ready", trust_env=False).status_code == 200
            assert httpx.post(f"{found[0]}/v1/offers", json={}, trust_env=False).status_code == 403
        finally:
            process.kill()
    assert not list(observer.home.glob("*.key"))


def request(app: App, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(app))
        async with httpx.AsyncClient(transport=transport, base_url="http://gold.ticket") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(ask())


# ---- sending


def issue(world: World, *signers: Party | Key, **fields: Any) -> dict[str, Any]:
    """An issue act with these signatures, as JSON."""
    template = next(iter(world.issues.values()))
    invoice = {"fingerprint": new_salt(), "total": FACE, "amount": FACE}
    message = {**template, "invoices": [invoice], "undertaking": new_salt(), "salt": new_salt(), **fields}
    digest = typed.digest(world.domain, "Issue", message)
    keys = [one.sole if isinstance(one, Party) else one for one in signers]
    return {
        "kind": "Issue",
        "message": typed.message_to_json("Issue", message),
        "signatures": [{"signature": to_hex(key.sign(digest)), "place": at} for at, key in enumerate(keys)],
    }


def sent(observer: Settings, act: dict[str, Any], *words: str) -> str:
    file = observer.home / "act.json"
    file.write_text(json.dumps(act))
    env = {"GOLDTICKET_ENGINE": "rpc", "GOLDTICKET_RPC_URLS": json.dumps(observer.rpc_urls)}
    result = CliRunner().invoke(cli, ["send", str(file), "--home", str(observer.home), *words], env=env)
    if isinstance(result.exception, GoldTicketError):
        raise result.exception
    return result.output


def test_ones_own_complete_act_takes_effect(observer: Settings, node: DevNode, world: World) -> None:
    act = issue(world, LANGONG, WANYUE)
    message = typed.message_from_json("Issue", act["message"])
    ticket = root_id(typed.digest(world.domain, "Issue", message))
    assert "would take it" in sent(observer, act, "--dry")
    fund(observer, node)
    assert "took effect in block" in sent(observer, act)
    with closing(SqlBook(observer.book_dsn)) as book:
        found, legs = book.read(lambda store: (store.need(Ticket, ticket), store.find(Leg)))
    assert (found.party, found.value) == (WANYUE.id, FACE)
    assert {leg.state for leg in legs} == {"final"}  # as read from the chain; nothing was noted beforehand
    with pytest.raises(GoldTicketError, match="already"):
        sent(observer, act)


def fund(observer: Settings, node: DevNode) -> None:
    """On this development node gas costs something."""
    from ledger.signatures import HeldKeys
    from ledger.wiring import relayer_keys

    node.set_balance(HeldKeys(relayer_keys(observer)[0]).addresses[0], 10**24)


def test_missing_and_wrong_signatures_are_told(observer: Settings, world: World) -> None:
    with pytest.raises(GoldTicketError, match="every signature that it needs"):
        sent(observer, issue(world, LANGONG))
    with pytest.raises(GoldTicketError):
        sent(observer, issue(world, LANGONG, HUAIYUE))
    with pytest.raises(GoldTicketError, match="no act with signatures"):
        sent(observer, {"kind": "Issue"})


def test_what_the_contract_refuses_is_not_sent(observer: Settings, node: DevNode, world: World) -> None:
    fund(observer, node)
    act = issue(
        world,
        LANGONG,
        WANYUE,
        face=10**17,
        invoices=[{"fingerprint": new_salt(), "total": 10**17, "amount": 10**17}],
    )
    with pytest.raises(GoldTicketError):
        sent(observer, act)


def test_beside_a_gateway_with_the_same_account(observer: Settings, node: DevNode, world: World) -> None:
    from ledger.signatures import HeldKeys
    from ledger.wiring import relayer_keys

    [account] = HeldKeys(relayer_keys(observer)[0]).addresses
    act = issue(world, LANGONG, WANYUE)
    with closing(SqlBook(observer.book_dsn)) as book:
        book.write(lambda store: store.put(Lease(account, "elsewhere:1:x", int(time.time()) + 600, 1)))
    assert "would take it" in sent(observer, act, "--dry")
    with pytest.raises(GoldTicketError, match="or send with another account"):
        sent(observer, act)
