"""The same walks on the real book, and two requests at one time.

given the same Idempotency-Key in two requests at one time
  when both arrive: the work should be done once, and both get its answer
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.book.db import SqlBook
from ledger.ids import to_hex
from ledger.records import Act, Reservation
from tests.api.office import Office, child
from tests.api.test_acts import (  # noqa: F401
    offer,
    test_a_receiver_sees_its_own_child_alone,
    test_pages_of_acts_hold_each_act_once,
    test_receivers_see_an_offer_once_the_holders_checker_has_signed,
    test_the_inbox_holds_what_waits_for_my_company,
    test_the_same_request_again_signs_nothing_twice,
    test_what_was_sent_around_the_gateway_is_seen,
)
from tests.api.test_issue import (  # noqa: F401
    stocked,
    test_a_batch_is_all_or_nothing,
    test_issuances_are_for_debtor_supplier_and_clearing_bank,
    test_one_debt_from_payable_to_complete,
    test_others_see_act_and_undertaking_once_the_cores_checker_has_signed,
)
from tests.api.test_participants import test_the_directory  # noqa: F401
from tests.api.test_payables import (  # noqa: F401
    test_pages_of_payables,
    test_the_same_file_again_changes_nothing,
    test_wrong_cells_are_named_and_nothing_is_imported,
)
from tests.api.test_problems import test_ready_and_not  # noqa: F401
from tests.api.test_transfer import (  # noqa: F401
    test_from_offer_to_the_receivers_wallets,
    test_lineage_hides_what_is_not_mine,
    ticket,
)
from tests.support.actors import LANGONG, WANYUE, WUZE


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    book = SqlBook(f"sqlite:///{tmp_path / 'book.sqlite'}")
    yield Office(book)
    book.close()


def test_two_at_one_time_do_it_once(office: Office) -> None:
    ticket_ = office.issued(LANGONG, WANYUE)
    body = {"ticket": to_hex(ticket_.id), "children": [child(WANYUE, WUZE, 50_000_000)]}
    headers = {"Authorization": f"Bearer {office.person(WANYUE).key}", "Idempotency-Key": "once"}
    answers = office.client.together(*[("POST", "/v1/offers", {"json": body, "headers": headers})] * 4)
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.text for answer in answers}) == 1
    assert sorted("idempotent-replay" in answer.headers for answer in answers) == [False, True, True, True]
    assert office.read(lambda store: (store.count(Act), store.count(Reservation))) == (1, 1)
