"""FINANCE on this network: lock, receipt, return, cancel.

given a lock that expires in seconds: anyone returns it from then on, and not before
"""

from __future__ import annotations

from tests.contracts.test_finance import (  # noqa: F401
    lock,
    test_cancelled_by_both,
    test_holder_and_bank_sign,
    test_locked,
    test_one_reference_for_one_lock,
    test_receipt_by_the_locks_clearing_bank_only,
    test_receipt_says_what_the_lock_says,
    test_self_certification_is_what_it_says,
    ticket,
)
from tests.support.actors import LANWAN, WANYUE
from tests.support.expect import refused
from tests.support.world import FACE, World


def test_returned_from_expiry_on(world: World, ticket: bytes) -> None:  # noqa: F811
    expiry = world.now + 15
    made = world.lock(WANYUE, ticket, LANWAN, FACE // 2, expiry=expiry)
    with refused("LockStillStands"):
        world.return_lock(made)
    world.until(expiry + 3)
    world.return_lock(made)
    assert world.ticket(ticket).value == FACE
