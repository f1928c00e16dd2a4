"""A participant's file.

given fields that are missing or wrong
  it should name each of them with the way out
given a good file
  it should be tidied, and hash with a salt to what stands on chain
given a company's file and first keys
  it should make an admission that the contract takes
given another company's file, or the same file again
  it should not change the profile
given a changed payee account
  it should be signed by the participant's own two people and told to its clearing bank
"""

from typing import Any

import pytest

from ledger import kinds
from ledger.clearing import PayeeAccount
from ledger.ids import commitment
from ledger.participants_checks import AlreadyAdmitted
from ledger.participants_file import (
    InvalidProfile,
    NoProfile,
    ParticipantFile,
    account_of,
    canonical,
    profile_hash,
)
from ledger.participants_filing import NothingChanged, OtherUscc, admission, change_of_file
from ledger.rules import Role, by_uscc, name_of
from tests.support.actors import HUAIYUE, LANWAN, REGISTRAR, WANYUE, Key
from tests.support.both import Both

KEYS = [Key(f"ruiheng {right}") for right in ("maker", "checker")]
SALT = bytes(range(32))
GOOD: dict[str, Any] = {
    "name": " 睿恒模具 ",
    "uscc": "91340200ma9dem4k0d",
    "size": "small",
    "industry": "3525",
    "group_parent": None,
    "account": {
        "name": "睿恒模具",
        "bank": "淮岳银行芜湖分行",
        "number": "6217 0000 1234 5678",
        "cnaps": "313 362 000 019",
    },
    "contact": {"name": "孙出纳", "phone": "0553-3100 000"},
}


def changed(field: str, value: object) -> dict[str, Any]:
    head, _, rest = field.partition(".")
    return {**GOOD, head: {**GOOD[head], rest: value} if rest else value}


@pytest.mark.parametrize(
    ("field", "value", "way_out"),
    [
        ("name", "", "fill it in"),
        ("name", "睿恒\u200b模具", "type it again"),
        ("name", 7, "type it again"),
        ("uscc", "91340200MA9DEM4K0L", "business licence"),
        ("size", "huge", "large, medium, small, micro"),
        ("industry", "B3525", "C3311"),
        ("industry", "9900", "C3311"),
        ("group_parent", "1", "business licence"),
        ("account.number", "12", "8 to 32 digits"),
        ("account.cnaps", "3133620000190", "12 digits"),
        ("account.cnaps", None, "fill it in"),
        ("contact.phone", "call me", "write digits"),
        ("contact.email", "sun@", "name@company.cn"),
    ],
)
def test_a_wrong_field(field: str, value: object, way_out: str) -> None:
    with pytest.raises(InvalidProfile, match=way_out) as caught:
        ParticipantFile.from_dict(changed(field, value))
    (fault,) = caught.value.evidence["errors"]  # type: ignore[misc]
    assert fault["field"] == field


DIVISIONS = {
    **{"A": (1, 5), "B": (6, 12), "C": (13, 43), "D": (44, 46), "E": (47, 50), "F": (51, 52), "G": (53, 60)},
    **{"H": (61, 62), "I": (63, 65), "J": (66, 69), "K": (70, 70), "L": (71, 72), "M": (73, 75)},
    **{
        "N": (76, 79),
        "O": (80, 82),
        "P": (83, 83),
        "Q": (84, 85),
        "R": (86, 90),
        "S": (91, 96),
        "T": (97, 97),
    },
}
"""GB/T 4754-2017: first and last division of each section."""


@pytest.mark.parametrize("letter", DIVISIONS)
def test_every_division_has_its_section(letter: str) -> None:
    for division in DIVISIONS[letter]:
        file = ParticipantFile.from_dict(changed("industry", f"{division:02d}"))
        assert file.industry == f"{letter}{division:02d}"


@pytest.mark.parametrize("text", ["00", "98", "C44", "D43", "C352500", "3"])
def test_no_such_industry(text: str) -> None:
    with pytest.raises(InvalidProfile, match="GB/T 4754"):
        ParticipantFile.from_dict(changed("industry", text))


def test_texts_and_numbers_as_long_as_they_may_be() -> None:
    long = ParticipantFile.from_dict({**GOOD, "name": "睿" * 200})
    assert len(long.name) == 200
    with pytest.raises(InvalidProfile, match="at most 200"):
        ParticipantFile.from_dict({**GOOD, "name": "睿" * 201})
    for count in (8, 32):
        file = ParticipantFile.from_dict(changed("account.number", "6" * count))
        assert len(file.account.number) == count
    for count in (7, 33):
        with pytest.raises(InvalidProfile, match="8 to 32"):
            ParticipantFile.from_dict(changed("account.number", "6" * count))


def test_all_wrong_fields_at_once() -> None:
    with pytest.raises(InvalidProfile) as caught:
        ParticipantFile.from_dict({"account": "none"})
    fields = {fault["field"] for fault in caught.value.evidence["errors"]}  # type: ignore[attr-defined]
    assert {"name", "uscc", "account.cnaps", "contact.name", "contact.phone"} <= fields


def test_a_contact_that_nobody_can_reach() -> None:
    with pytest.raises(InvalidProfile, match="at least one"):
        ParticipantFile.from_dict({**GOOD, "contact": {"name": "孙出纳"}})


def test_a_good_file_is_tidied() -> None:
    file = ParticipantFile.from_dict(GOOD)
    assert (file.name, file.uscc, file.industry) == ("睿恒模具", "91340200MA9DEM4K0D", "C3525")
    assert file.account == PayeeAccount("睿恒模具", "淮岳银行芜湖分行", "6217000012345678", "313362000019")
    assert ParticipantFile.from_dict(file.to_dict()) == file


def test_its_hash_is_salted() -> None:
    file = ParticipantFile.from_dict(GOOD)
    assert canonical(file).startswith('{"account":{"bank":"淮岳银行芜湖分行","cnaps":')
    assert profile_hash(file, SALT) == commitment(SALT, canonical(file))
    kept = file.profile(1, SALT)
    assert kept.hash == profile_hash(ParticipantFile.from_dict(kept.data), kept.salt)
    assert file.profile(1).hash != file.profile(1).hash


def admitted(both: Both) -> int:
    both.know(*KEYS)
    file = ParticipantFile.from_dict(GOOD)
    keys = [(KEYS[0].address, 1), (KEYS[1].address, 2)]
    made = admission(
        both.store, file, Role.SUPPLIER, HUAIYUE.id, keys, REGISTRAR.id, LANWAN.id, both.later(), both.now
    )
    both.store.put(made.profile)
    both.act("Admit", made.message)
    return by_uscc(both.store, file.uscc).id


def test_admitted_with_its_file(both: Both) -> None:
    ruiheng = admitted(both)
    assert name_of(both.store, ruiheng) == "睿恒模具"
    assert account_of(both.store, by_uscc(both.store, "91340200MA9DEM4K0D")).number == "6217000012345678"


def test_who_is_there_already_is_not_drafted_again(both: Both) -> None:
    admitted(both)
    file, keys = ParticipantFile.from_dict(GOOD), [(Key("ruiheng sole").address, 3)]
    with pytest.raises(AlreadyAdmitted):
        admission(
            both.store, file, Role.SUPPLIER, HUAIYUE.id, keys, REGISTRAR.id, LANWAN.id, both.later(), both.now
        )


def test_without_a_file(both: Both) -> None:
    with pytest.raises(NoProfile, match="hand it in again"):
        account_of(both.store, by_uscc(both.store, WANYUE.uscc))
    assert name_of(both.store, WANYUE.id) == WANYUE.uscc


def test_files_that_change_nothing_or_too_much(both: Both) -> None:
    ruiheng = admitted(both)
    with pytest.raises(NothingChanged):
        change_of_file(both.store, ruiheng, ParticipantFile.from_dict(GOOD), both.later(), both.now)
    with pytest.raises(OtherUscc, match=WANYUE.uscc):
        change_of_file(both.store, WANYUE.id, ParticipantFile.from_dict(GOOD), both.later(), both.now)


def test_a_new_account(both: Both) -> None:
    ruiheng = admitted(both)
    file = ParticipantFile.from_dict(changed("account.number", "6217000087654321"))
    change = change_of_file(both.store, ruiheng, file, both.later(), both.now)
    (due,) = kinds.kind("ChangeProfile").dues(change.message, both.store)
    assert (due.kind, due.party) == ("party", ruiheng)
    assert change.note is not None
    assert change.note.clearing_bank == HUAIYUE.id
    assert "6217000012345678" in change.note.text
    assert "6217000087654321" in change.note.text


def test_a_new_contact_is_not_told(both: Both) -> None:
    ruiheng = admitted(both)
    file = ParticipantFile.from_dict(changed("contact.name", "钱会计"))
    assert change_of_file(both.store, ruiheng, file, both.later(), both.now).note is None
