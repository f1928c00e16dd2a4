"""The same walks on the real book, and two requests at one time.

given the same Idempotency-Key in two hundred requests at one time
  when they arrive: the work should be done once, and all get its answer
given two hundred requests to sign with a key of its own each
  when they arrive: one should sign, and the others find nothing to sign
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ledger.book.db import SqlBook
from ledger.ids import parse_hex, to_hex
from ledger.records import Act, Reservation, Seat
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


def at_once(office: Office, path: str, body: Any, keys: list[str]) -> list[httpx.Response]:
    """A request for each of these Idempotency-Keys, all at one time."""
    who = {"Authorization": f"Bearer {office.person(WANYUE).key}"}
    more = [{"json": body, "headers": {**who, "Idempotency-Key": key}} for key in keys]
    return office.client.together(*[("POST", f"/v1{path}", one) for one in more])


def test_two_hundred_at_one_time_do_it_once(office: Office) -> None:
    ticket_ = office.issued(LANGONG, WANYUE)
    body = {"ticket": to_hex(ticket_.id), "children": [child(WANYUE, WUZE, 50_000_000)]}
    answers = at_once(office, "/offers", body, ["once"] * 200)
    assert [answer.status_code for answer in answers] == [201] * 200
    assert len({answer.text for answer in answers}) == 1
    assert sum("idempotent-replay" not in answer.headers for answer in answers) == 1
    assert office.read(lambda store: (store.count(Act), store.count(Reservation))) == (1, 1)


def test_two_hundred_signatures_at_one_time_are_one(office: Office) -> None:
    act = office.drafted(WANYUE, office.issued(LANGONG, WANYUE).id, (WUZE, 50_000_000))
    answers = at_once(office, f"/acts/{act['id']}/sign", {}, [f"key-{number}" for number in range(200)])
    assert sum(answer.status_code == 201 for answer in answers) == 1
    assert {answer.status_code for answer in answers} <= {201, 404, 409}
    assert office.read(lambda store: store.count(Seat, act=parse_hex(act["id"], 32), done=True)) == 1
