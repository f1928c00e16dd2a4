"""ISSUE on this network, and making it undone."""

from __future__ import annotations

from tests.contracts.test_issue import (  # noqa: F401
    test_an_act_that_ran_out,
    test_an_invoice_used_twice,
    test_by_one_sole_key_each,
    test_debtor_and_supplier_sign,
    test_issued_once,
    test_terms_that_cannot_be,
    test_withdrawn_before_it_was_issued,
)
