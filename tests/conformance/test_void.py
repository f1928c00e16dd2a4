"""VOID on this network: by debtor and sole holder, all of it, nothing held."""

from __future__ import annotations

from tests.contracts.test_void import (  # noqa: F401
    test_all_of_it_and_nothing_else,
    test_by_another_holder_of_several_tickets,
    test_debtor_and_holder_sign,
    test_nothing_held_or_locked,
    ticket,
)
