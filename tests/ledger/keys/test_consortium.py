"""The consortium key: one for all gateways of a ledger.

given a ledger that is deployed here
    it should make a key once, or take the one that the settings give; one that can't be a key is refused
given a ledger that was deployed elsewhere, and no key
    it should make none, and say where to get it
given another key than the ledger's
    it should be refused, from the settings as from the file
given a record of an older version, without a mark
    the key that is here should go on being used
its mark
    it should not be the key, and differ with it
"""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ledger.keys.consortium import NoConsortiumKey, WrongConsortiumKey, held, made, mark_of

KEY = "0c" * 32
MARK = mark_of(bytes.fromhex(KEY))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "consortium.key"


@pytest.mark.parametrize("mark", [MARK, ""])
def test_a_gateway_that_joins_makes_no_key_of_its_own(file: Path, mark: str) -> None:
    with pytest.raises(NoConsortiumKey, match=r"Set GOLDTICKET_CONSORTIUM_KEY, or put consortium\.key"):
        held("", file, mark)
    assert not file.exists()


def test_another_key_is_refused(file: Path) -> None:
    with pytest.raises(WrongConsortiumKey, match="The key in GOLDTICKET_CONSORTIUM_KEY has the mark"):
        held("0d" * 32, file, MARK)
    file.write_text("0d" * 32 + "\n")
    with pytest.raises(WrongConsortiumKey, match=f"{MARK} \\(deployment.json\\)"):
        held("", file, MARK)


@pytest.mark.parametrize("given", ["0c", "0x", "key", "0c" * 31])
def test_what_can_be_no_key_is_refused(file: Path, given: str) -> None:
    with pytest.raises(WrongConsortiumKey, match="GOLDTICKET_CONSORTIUM_KEY holds no key"):
        made(given, file)
    file.write_text(given)
    with pytest.raises(WrongConsortiumKey, match=r"consortium\.key"):
        held("", file, "")


def test_the_ledgers_key_is_taken(file: Path) -> None:
    assert held("0x" + KEY, file, MARK).hex() == KEY
    assert held(KEY, file, MARK.upper().replace("0X", "0x")).hex() == KEY
    file.write_text(KEY)
    assert held("", file, MARK).hex() == KEY


def test_older_ledgers_go_on(file: Path) -> None:
    file.write_text(KEY)
    assert held("", file, "").hex() == KEY
    assert held("0d" * 32, file, "").hex() == "0d" * 32


def test_deploying_makes_a_key_once(file: Path) -> None:
    first = made("", file)
    assert (made("", file), len(first)) == (first, 32)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert held("", file, mark_of(first)) == first


def test_a_key_that_is_given_is_not_written(file: Path) -> None:
    assert made(KEY, file).hex() == KEY
    assert not file.exists()


def test_the_mark_tells_nothing_of_the_key() -> None:
    assert (len(MARK), KEY in MARK) == (66, False)
    assert mark_of(bytes(32)) != MARK
