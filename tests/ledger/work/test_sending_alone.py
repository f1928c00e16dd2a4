"""A participant's own account, and the gateway that may be using it.

given a gateway that runs and sends with the account
    it should not be used beside it
    when that gateway was stopped, has ended, or sends with another one: it should be free
"""

from __future__ import annotations

import pytest

from ledger.work.lease import SECONDS
from ledger.work.sending_alone import AccountInUse, require_unused
from tests.support.gateway import RELAYER, Gateway


@pytest.fixture
def running(gateway: Gateway) -> Gateway:
    gateway.relay.step()
    return gateway


def test_an_account_that_a_gateway_sends_with(running: Gateway) -> None:
    with pytest.raises(AccountInUse, match=f"sends with {RELAYER}.*POST /v1/acts/complete"):
        require_unused(running.book, RELAYER, running.clock.now())


def test_an_account_that_is_free(running: Gateway) -> None:
    now = running.clock.now()
    require_unused(running.book, "0x" + "bb" * 20, now)
    require_unused(running.book, RELAYER, now, lambda owner: owner == running.relay.leases.owner)
    require_unused(running.book, RELAYER, now + SECONDS + 1)
    running.relay.leases.release()
    require_unused(running.book, RELAYER, now)
