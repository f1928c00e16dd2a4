"""An engine's description.

given a network's description
  when a value can't be right
    it should be refused, naming the value and what would be right
  when all is right
    it should be instant, with Besu's lowest limits, unless said otherwise
"""

from typing import Any

import pytest

from ledger.chain.engine import Engine, Finality, FinalityKind, InvalidEngine, Limits

BESU: dict[str, Any] = {"name": "besu", "urls": ("http://10.0.0.1:8545",), "chain_id": 1337}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": ""}, "needs a name"),
        ({"urls": ()}, "at least one URL"),
        ({"urls": ("10.0.0.1:8545",)}, "no address of a node"),
        ({"urls": ("ws://10.0.0.1:8546",)}, "no address of a node"),
        ({"chain_id": 0}, "chain id is 0"),
        ({"block_period": 0.0}, "block period is 0.0 s"),
        ({"block_gas": 21_000}, "block gas is 21000"),
    ],
)
def test_a_wrong_value_is_refused(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidEngine, match=says):
        Engine(**{**BESU, **wrong})


@pytest.mark.parametrize("name", ["batch_items", "transaction_bytes", "pool_per_sender"])
def test_a_limit_of_nothing_is_refused(name: str) -> None:
    with pytest.raises(InvalidEngine, match=f"{name} is 0"):
        Limits(**{name: 0})


def test_confirmations_belong_to_that_kind_of_finality() -> None:
    with pytest.raises(InvalidEngine, match="confirmations is 0"):
        Finality(FinalityKind.CONFIRMATIONS)
    with pytest.raises(InvalidEngine, match="leave it out"):
        Finality(FinalityKind.INSTANT, confirmations=3)


def test_what_is_not_said_is_instant_and_careful() -> None:
    engine = Engine(**BESU)

    assert engine.finality.kind is FinalityKind.INSTANT
    assert engine.limits == Limits(batch_items=1024, transaction_bytes=131_072, pool_per_sender=200)
    assert not engine.development
