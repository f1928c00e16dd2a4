"""A network's beginning.

given validators
    it should encode extraData as Besu and GoQuorum publish it (1, 2, 4 validators), in ascending order, and refuse
    none, wrong ones, doubles
given an organisation's key
    it should stay on its machine; a public part that was changed, or made with another's key, should be refused
given the same seats
    every organisation should write the same files, byte by byte, with known options of Besu alone
given a network that scripts/network starts
    its Besu should be started with known options of Besu alone
given the command line
    it should go through the whole ceremony, and not begin it before it is said who may send
"""

from __future__ import annotations

import json
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import cli
from ledger.addresses import parse_address
from ledger.chain.engine import FeePolicy
from ledger.chain.engine_file import load_engine
from ledger.chain.genesis import InvalidGenesis, besu_genesis, extra_data, quorum_genesis
from ledger.chain.genesis_files import Network, besu_toml, permissions, write_network
from ledger.chain.genesis_seats import make_seat, read_seat
from scripts.networks.plan import new_plan
from scripts.networks.qbft import Besu

HERE = Path(__file__).parent
VECTORS = json.loads((HERE / "qbft-extra-data.json").read_text())["vectors"]
OPTIONS = set((HERE / "besu-options.txt").read_text().split("\n\n", 1)[1].split())
VALUES = {
    "tx-pool": ("LAYERED", "SEQUENCED"),
    "sync-mode": ("FULL", "SNAP"),
    "data-storage-format": ("FOREST", "BONSAI"),
    "nat-method": ("AUTO", "DOCKER", "NONE"),
}
"""What Besu's command line reference has for options of a few words, in any case."""
NAMES = ("chenghai", "huaiyue", "langong", "lanwan")
A, B = "0x" + "0a" * 20, "0x" + "0b" * 20


@pytest.fixture
def seats(tmp_path: Path) -> list[Path]:
    return [make_seat(tmp_path / name, name, "127.0.0.1", 30303 + at)[1] for at, name in enumerate(NAMES)]


def network(seats: list[Path], *accounts: str) -> Network:
    return Network(20261, tuple(read_seat(file) for file in seats), accounts)


# ---- extraData


def ascending(vector: Any) -> str:
    """What is published, with its validators in ascending order and every other byte as it is."""
    text = str(vector["extraData"])
    places = sorted(text.index(address) for address in vector["validators"])
    for place, address in zip(places, sorted(vector["validators"]), strict=True):
        text = text[:place] + address + text[place + 40 :]
    return text


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(len(vector["validators"])))
def test_extra_data_is_as_published(vector: Any) -> None:
    assert extra_data(vector["validators"]) == ascending(vector)


def test_extra_data_is_in_ascending_order() -> None:
    assert extra_data([B, A]) == extra_data([A, B])


@pytest.mark.parametrize(
    ("validators", "words"),
    [([], "no validator"), ([A, A], "twice"), (["0x12"], "no address"), (["zz"], "no address")],
)
def test_wrong_validators_are_named(validators: list[str], words: str) -> None:
    with pytest.raises(InvalidGenesis, match=words):
        extra_data(validators)


def test_gas_is_free_and_the_rules_are_londons() -> None:
    besu, quorum = besu_genesis(20261, [A, B]), quorum_genesis(20261, [A, B])
    config = besu["config"]
    assert (config["londonBlock"], config["zeroBaseFee"], config["qbft"]["blockreward"]) == (0, True, "0")
    assert not {"shanghaiTime", "cancunTime"} & config.keys()
    assert besu["extraData"] == quorum["extraData"]
    assert besu["alloc"] == {}
    with pytest.raises(InvalidGenesis, match="chain id 0"):
        besu_genesis(0, [A])
    with pytest.raises(InvalidGenesis, match="0 s between"):
        quorum_genesis(1, [A], period=0)


# ---- keys


def test_a_key_stays_and_is_kept(tmp_path: Path) -> None:
    first, file = make_seat(tmp_path, "lanwan", "node.lanwan.example")
    assert stat.S_IMODE((tmp_path / "nodekey").stat().st_mode) == 0o600
    assert (tmp_path / "nodekey").read_text().strip() not in file.read_text()
    moved, _ = make_seat(tmp_path, "lanwan", "10.0.0.7")
    assert (moved.public, moved.host) == (first.public, "10.0.0.7")
    assert read_seat(file) == moved


@pytest.mark.parametrize(
    ("field", "value"), [("host", "evil.example"), ("port", 1), ("name", "huaiyue"), ("validates", False)]
)
def test_a_word_changed_on_its_way_is_found_out(tmp_path: Path, field: str, value: object) -> None:
    _, file = make_seat(tmp_path, "lanwan", "127.0.0.1")
    file.write_text(json.dumps(json.loads(file.read_text()) | {field: value}))
    with pytest.raises(InvalidGenesis, match="its proof was not made with"):
        read_seat(file)


def test_anothers_key_can_not_be_entered(seats: list[Path]) -> None:
    mine, theirs = (json.loads(file.read_text()) for file in seats[:2])
    seats[0].write_text(json.dumps(mine | {"public": theirs["public"]}))
    with pytest.raises(InvalidGenesis, match="somebody else's"):
        read_seat(seats[0])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": "a"}', '{"name":"a","public":"0","host":"h"}'])
def test_what_is_no_seat_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InvalidGenesis):
        read_seat(tmp_path / "a.json")


# ---- files


def test_everybody_writes_the_same(seats: list[Path], tmp_path: Path) -> None:
    prints = [write_network(network(seats, A), tmp_path / where) for where in ("one", "two")]
    assert prints[0] == prints[1]
    assert write_network(network(seats, B), tmp_path / "three") != prints[0]
    found = {
        where: {
            p.relative_to(tmp_path / where): p.read_text()
            for p in (tmp_path / where).rglob("*")
            if p.is_file()
        }
        for where in ("one", "two")
    }
    assert found["one"] == found["two"]
    assert not any("nodekey" in path.name for path in found["one"])
    with pytest.raises(InvalidGenesis, match="not empty"):
        write_network(network(seats), tmp_path / "one")


def test_a_nodes_configuration_knows_besus_options_alone(seats: list[Path]) -> None:
    whole = network(seats, A)
    for seat in whole.seats:
        assert set(tomllib.loads(besu_toml(whole, seat))) <= OPTIONS


def test_a_started_node_knows_besus_options_alone(tmp_path: Path) -> None:
    plan = new_plan(Besu(), tmp_path, "besu", 4, 1, False)
    for seat in plan.seats:
        _, *flags = Besu().command(plan, seat).argv
        assert {flag.removeprefix("--").split("=")[0] for flag in flags} <= OPTIONS
        assert all(flag.startswith("--") for flag in flags)


def test_values_are_of_those_that_besu_has(seats: list[Path], tmp_path: Path) -> None:
    plan = new_plan(Besu(), tmp_path, "besu", 1, 1, False)
    flags = (flag.removeprefix("--").split("=") for flag in Besu().command(plan, plan.seats[0]).argv[1:])
    started = {name: value for name, *value in flags}
    whole = network(seats)
    written = tomllib.loads(besu_toml(whole, whole.seats[0]))
    for name, values in VALUES.items():
        assert str(written.get(name, values[0])).upper() in values, name
        assert started.get(name, [values[0]])[0].upper() in values, name


def test_names_in_the_place_of_addresses_are_said_to_besu(seats: list[Path], tmp_path: Path) -> None:
    told = tomllib.loads(besu_toml(network(seats), network(seats).seats[0]))
    assert (told["p2p-host"], "Xdns-enabled" in told) == ("127.0.0.1", False)
    _, named = make_seat(tmp_path / "named", "named", "node.lanwan.example")
    whole = network([*seats[:3], named])
    for seat in whole.seats:
        told = tomllib.loads(besu_toml(whole, seat))
        assert (told["Xdns-enabled"], told["Xdns-update-enabled"]) == (True, True)
        assert told.get("p2p-host") == (None if seat.name == "named" else "127.0.0.1")
        assert set(told) <= OPTIONS


def test_a_homes_account_is_known_before_there_is_a_network(tmp_path: Path) -> None:
    said = [CliRunner().invoke(cli, ["network", "account", "--home", str(tmp_path)]) for _ in range(2)]
    assert said[0].output == said[1].output
    assert parse_address(said[0].output.strip())
    assert (tmp_path / "relayer.key").stat().st_mode & 0o777 == 0o600


def test_a_node_talks_with_the_named_ones_and_takes_from_the_named_ones(
    seats: list[Path], tmp_path: Path
) -> None:
    whole = network(seats, A)
    told = tomllib.loads(permissions(whole))
    assert told == {"nodes-allowlist": [seat.enode for seat in whole.seats], "accounts-allowlist": [A]}
    assert "accounts-allowlist" not in tomllib.loads(permissions(network(seats)))
    write_network(whole, tmp_path / "net")
    for seat in whole.seats:
        folder = tmp_path / "net" / seat.name
        others = json.loads((folder / "static-nodes.json").read_text())
        assert sorted([*others, seat.enode]) == sorted(told["nodes-allowlist"])
        assert load_engine(folder / "engine.toml").fee is FeePolicy.ZERO


def test_two_seats_of_one_name_or_key_are_refused(seats: list[Path]) -> None:
    with pytest.raises(InvalidGenesis, match="two seats have the name chenghai"):
        network([seats[0], seats[0]])


def test_the_ceremony_by_command(tmp_path: Path) -> None:
    runner = CliRunner()
    files = []
    for at, name in enumerate(NAMES):
        words = [
            "network",
            "keys",
            str(tmp_path / name),
            "--name",
            name,
            "--host",
            "127.0.0.1",
            "--port",
            str(30303 + at),
        ]
        assert runner.invoke(cli, words).exit_code == 0
        files += ["--seat", str(tmp_path / name / f"{name}.seat.json")]
    told = [
        runner.invoke(
            cli,
            ["network", "init", str(tmp_path / f"by {name}"), "--chain-id", "20261", "--account", A, *files],
        )
        for name in NAMES
    ]
    assert [result.exit_code for result in told] == [0] * 4
    assert "1 of 4 validators may fail" in told[0].output
    assert len({(tmp_path / f"by {name}" / "fingerprint").read_text() for name in NAMES}) == 1
    few = runner.invoke(
        cli, ["network", "init", str(tmp_path / "few"), "--chain-id", "1", "--anybody", *files[:6]]
    )
    assert few.exit_code == 0
    assert "Four is the least" in few.output + (few.stderr or "")


@pytest.mark.parametrize(
    ("words", "says"),
    [((), "nobody is named who may send"), (("--anybody", "--account", A), "contradict each other")],
)
def test_who_may_send_and_deploy_is_said(
    seats: list[Path], tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    given = ["network", "init", str(tmp_path / "net"), "--chain-id", "1", "--seat", str(seats[0]), *words]
    result = CliRunner().invoke(cli, given)
    assert isinstance(result.exception, InvalidGenesis)
    assert says in str(result.exception)
    assert not (tmp_path / "net").exists()
