"""The domain's salt.

given two deployments at one address of two chains with the same number, after different blocks
    it should give them different salts, and so different domains
"""

from __future__ import annotations

from tests.support.evm import Evm
from tests.support.world import OPENED, deploy


def test_the_block_before_makes_the_salt() -> None:
    one, other, same = (deploy(Evm(timestamp=OPENED, number=number)) for number in (100, 101, 100))
    assert one.address == other.address == same.address
    assert one.view("domainSalt") == same.view("domainSalt") != other.view("domainSalt")
    assert one.view("separator") != other.view("separator")
