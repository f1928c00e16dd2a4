"""Random lives, told again by those who see the chain only.

given a ledger, or one and its successor, after random acts of all kinds
    it should be rebuilt from its events alone, every storage slot
    it should be recounted by scripts/recount from its transactions, refused ones too, without a difference
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.model import session as sessions
from tests.model.pair import Pair
from tests.model.session import Session
from tests.support import abi
from tests.support.evm import Outcome
from tests.support.rebuild import Rebuilt
from tests.support.recounting import Judge, KeepingOutput, recount

STEPS = 500
SEEDS = {"one ledger": 5, "one and its successor": 6}


class Telling(KeepingOutput):
    """Keeps the logs of each contract as well."""

    def __init__(self, chain_id: int = 31_337, timestamp: int = 0, number: int = 1) -> None:
        super().__init__(chain_id, timestamp, number)
        self.told: dict[str, list[abi.Event]] = {}

    def _keep(self, to: str | None, data: bytes, outcome: Outcome) -> None:
        super()._keep(to, data, outcome)
        for log in outcome.logs:
            self.told.setdefault(log.address.lower(), []).append(abi.decode_log(log))


@pytest.fixture(scope="module", params=SEEDS)
def lived(request: pytest.FixtureRequest) -> Iterator[Session]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sessions, "Evm", Telling)
        session = Session(SEEDS[request.param], closes=STEPS)
        for number in range(STEPS):
            if request.param != "one ledger" and number == STEPS // 2:
                session.succeed()
            session.deal()
        session.finish()
        yield session


def stored(session: Session, pair: Pair) -> dict[int, int]:
    """Every word that is not 0."""
    return {slot: word for slot, word in session.evm.touched(pair.address).items() if word}


def test_every_slot_is_rebuilt_from_events_alone(lived: Session) -> None:
    for pair in lived.pairs:
        ledger = Rebuilt(lived.evm.chain_id, pair.address)
        ledger.apply(lived.evm.told[pair.address.lower()])  # type: ignore[attr-defined]
        assert len(stored(lived, pair)) > 250
        assert ledger.slots() == stored(lived, pair)


def test_a_stranger_recounts_it_without_a_difference(lived: Session) -> None:
    evm = lived.evm
    for pair in lived.pairs:
        chain = recount.Chain(evm.chain_id, pair.address, evm.number, evm.kept)  # type: ignore[attr-defined]
        assert Judge(chain).run().differences == []
