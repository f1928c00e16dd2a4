"""What stands in the place of keys and relay where a bank, core or auditor only observes, with a node and book of its
own: it signs nothing, sends nothing, and asks nobody's gateway."""

from __future__ import annotations

from ledger.errors import Forbidden


class OnlyObserves(Forbidden):
    """Something that changes the ledger was asked of an observer."""

    code = "only-observes"
    title = "This gateway only observes"


class NoKeys:
    """A `ledger.ports.Signer` without a key."""

    def sign(self, address: str, digest: bytes) -> bytes:
        """Raises OnlyObserves."""
        raise OnlyObserves(
            f"There is no key here, nor for {address}: sign where your keys are.", address=address
        )
