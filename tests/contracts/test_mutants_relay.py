"""RELAY: what it returns when all went well.

given a relay in which every item takes effect
    it should return as many empty refusals, which share one element, and not a byte more
"""

from __future__ import annotations

import pytest

from tests.support import abi
from tests.support.actors import LANGONG, WANYUE
from tests.support.world import World


@pytest.mark.parametrize("count", [0, 1, 3])
def test_no_byte_more(world: World, count: int) -> None:
    calls = [world.issue_draft(LANGONG, WANYUE).data for _ in range(count)]
    receipt, results = world.relay(calls)
    assert all(result.ok for result in results)
    words = [32, count, *[32 * count] * count, 0]
    assert receipt.output == b"".join(word.to_bytes(32, "big") for word in words)
    assert abi.decode_output("relay", receipt.output) == (b"",) * count
