"""An engine's description as TOML.

load_engine
├── given no file, or no TOML: it should name the file and the way out
├── given no [engine], a missing key, a word nobody knows, a wrong type or value: it should name it
├── given the least: it should be careful
└── given what engine_toml wrote: it should be the same engine
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.chain.engine import Charging, Engine, FeePolicy, Finality, FinalityKind, InvalidEngine, Limits
from ledger.chain.engine_file import engine_toml, load_engine

LEAST = '[engine]\nname = "besu"\nurls = ["http://10.0.0.1:8545"]\nchain_id = 1337\n'


def written(folder: Path, text: str) -> Path:
    file = folder / "engine.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_no_file_should_name_it_and_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(InvalidEngine, match=r"engine\.toml: write it with `goldticket network probe"):
        load_engine(tmp_path / "engine.toml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("engine = ", "can't be read as TOML"),
        ("", "no table \\[engine\\]"),
        (LEAST.replace("chain_id = 1337", ""), "has no chain_id"),
        (LEAST + 'fees = "zero"', "has fees, which nobody knows"),
        (LEAST + 'fee = "free"', "fee is 'free': take one of zero, one-wei, base-fee"),
        (LEAST + 'finality = "soon"', "take one of instant, confirmations, finalized"),
        (LEAST + 'finality = "confirmations"', "confirmations is 0: give at least 1"),
        (LEAST + "confirmations = 3", "leave it out"),
        (LEAST + 'charging = "all"', "charging is 'all'"),
        (LEAST + "block_gas = true", "block_gas is True: it has to be a whole number"),
        (LEAST + "block_period = 0", "block period is 0.0 s"),
        (LEAST.replace('["http://10.0.0.1:8545"]', '"http://10.0.0.1:8545"'), "a list of addresses"),
        (LEAST.replace("http://", "ws://"), "no address of a node"),
        (LEAST.replace('"http://10.0.0.1:8545"', "7"), "no text"),
        (LEAST + "[engine.limits]\nbatch_items = 0", "batch_items is 0"),
        (LEAST + "[engine.limits]\nbatches = 5", "has batches, which nobody knows"),
    ],
)
def test_what_is_wrong_should_be_named(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidEngine, match=says) as caught:
        load_engine(written(tmp_path, text))
    assert "engine.toml" in caught.value.message


def test_the_least_should_be_careful(tmp_path: Path) -> None:
    found = load_engine(written(tmp_path, LEAST))
    assert found == Engine("besu", ("http://10.0.0.1:8545",), 1337)


def test_what_was_written_should_come_back(tmp_path: Path) -> None:
    engine = Engine(
        'a "network"',
        ("http://127.0.0.1:1", "https://key@node/x"),
        7,
        FeePolicy.ONE_WEI,
        Finality(FinalityKind.CONFIRMATIONS, 3),
        1.0,
        50_000_000,
        Limits(100, 65_536, 16),
        Charging.HALF_LIMIT,
    )
    assert load_engine(written(tmp_path, engine_toml(engine))) == engine
