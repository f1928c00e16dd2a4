"""Storage words of participants, keys, recoveries and the panel; of references that were spent.

A participant is compared together with its keys: how many have which right, and that each carries its roles and its
suspension, which acts read there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ledger.chain.storage_words import Expected, array, behind, in_map, member, packed
from ledger.ids import keccak256
from ledger.records import Funding, Governance, Lock, Participant, Payment, Recovery, Replacement, SignerKey
from ledger.typed import type_hash

FUND, PAY_OUT, RECEIPT = keccak256(b"Fund"), keccak256(b"PayOut"), type_hash("Receipt")
"""For what a clearing bank spends a reference."""
MAKER, CHECKER, SOLE = 1, 2, 3


def participant(p: Participant, keys: Sequence[SignerKey]) -> list[Expected]:
    """`keys`: all of them, also those that were taken away."""
    about, first = f"participant {p.id}", in_map("participants", p.id)
    rights = Counter(key.right for key in keys if key.right)
    word = packed(
        (p.roles, 8),
        (p.clearing_bank, 48),
        (p.sequence, 32),
        *((rights[right], 8) for right in (MAKER, CHECKER, SOLE)),
        (p.suspended_until, 40),
        (p.suspension_free_from, 40),
        (p.suspension_sequence, 32),
        (p.suspended_by_panel, 8),
    )
    uscc = p.uscc.encode().ljust(32, b"\0")
    return [
        Expected(f"{about}, USCC", first, int.from_bytes(uscc, "big")),
        Expected(f"{about}, file", behind(first, 1), int.from_bytes(p.profile, "big")),
        Expected(about, behind(first, 2), word),
        Expected(f"{about}, number of keys", behind(first, 3), rights.total()),
        Expected(f"{about} by its USCC", in_map("partyOf", uscc), p.id),
    ]


def signer(s: SignerKey, p: Participant | None) -> list[Expected]:
    """`p`: its participant where it is at hand."""
    # a key that was taken away keeps the suspension it had, which no record speaks of
    whole = p is not None and s.right != 0
    roles, until = (p.roles, p.suspended_until) if p is not None and whole else (0, 0)
    word = packed((s.party, 48), (s.right, 8), (roles, 8), (until, 40), (s.pending, 8))
    bits = (1 << 48) - 1 if whole else 0
    mask = packed(((1 << 56) - 1, 56), (bits, 48), ((1 << 152) - 1, 152))
    return [Expected(f"key {s.address}", in_map("signers", int(s.address, 16)), word, mask)]


def recovery(r: Recovery) -> list[Expected]:
    """A running one."""
    about, first = f"recovery of participant {r.party}", in_map("recoveries", r.party)
    return [
        Expected(about, first, int.from_bytes(r.digest, "big")),
        Expected(f"{about}, date", behind(first, 1), r.ready_at),
    ]


def governance(g: Governance) -> list[Expected]:
    """The number of participants stands in the same word; no record speaks of it."""
    fields = (
        (g.stopped_stages, 8),
        (g.stopped_until, 40),
        (g.stop_free_from, 40),
        (g.closed, 8),
        (g.sequence, 32),
        (0, 48),
        (g.threshold, 8),
        (g.months, 8),
        (g.next_months, 8),
        (g.next_from, 40),
    )
    count = packed((0, 128), ((1 << 48) - 1, 48))
    mask = ((1 << 256) - 1) ^ count
    return [
        Expected("the panel's word", member("governance"), packed(*fields), mask),
        *array("the panel", member("panel"), g.members, 48),
    ]


def replacement(r: Replacement) -> list[Expected]:
    """A running one."""
    about, first = f"new clearing bank of issuance 0x{r.issuance.hex()}", in_map("replacements", r.issuance)
    return [
        Expected(about, first, int.from_bytes(r.digest, "big")),
        Expected(f"{about}, date", behind(first, 1), packed((r.bank, 48), (r.ready_at, 40))),
    ]


def spent(record: Funding | Payment | Lock) -> list[Expected]:
    """The reference that the clearing bank has used for it; of a lock, when it was released."""
    if isinstance(record, Lock):
        if record.state != "released":
            return []
        bank, what = record.clearing_bank, RECEIPT
    else:
        bank, what = record.bank, FUND if isinstance(record, Funding) else PAY_OUT
    key = keccak256(bank.to_bytes(32, "big") + what + record.ref)
    return [Expected(f"reference 0x{record.ref.hex()} of bank {bank}", in_map("spent", key), 1)]
