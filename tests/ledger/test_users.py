"""People and API keys.

given a person of a participant
  when the key is mistyped, of nobody, or revoked: it should open nothing, always with the same words
  when the key is right: it should be that person
  when the book is read: it should not hold the secret
"""

from __future__ import annotations

import pytest

from ledger.errors import Invalid, NotFound
from ledger.users import AddressTaken, InvalidApiKey, InvalidScope, authenticate, create_user, revoke
from tests.support.actors import WANYUE
from tests.support.memory import MemoryStore

NOW = 1_795_000_000
ADDRESS = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


@pytest.mark.parametrize(
    "damage",
    [
        lambda k: k[:-1],
        lambda k: k + "x",
        lambda k: k[4:],
        lambda _: "",
        lambda _: "gtk__",
        lambda k: "aaa" + k[3:],
        lambda k: "zzz" + k[3:],
    ],
)
def test_wrong_keys_open_nothing(damage) -> None:
    store = MemoryStore()
    _, key = create_user(store, WANYUE.id, "陈会计", ["maker"], ADDRESS, NOW)
    with pytest.raises(InvalidApiKey):
        authenticate(store, damage(key))


def test_another_persons_secret_opens_nothing() -> None:
    store = MemoryStore()
    user, _ = create_user(store, WANYUE.id, "陈会计", ["maker"], ADDRESS, NOW)
    _, key = create_user(store, WANYUE.id, "李主管", ["checker"], "", NOW)
    with pytest.raises(InvalidApiKey):
        authenticate(store, f"gtk_{user.id}_{key.split('_', 2)[2]}")


def test_revoked_keys_open_nothing_ever_again() -> None:
    store = MemoryStore()
    user, key = create_user(store, WANYUE.id, "陈会计", ["maker"], ADDRESS, NOW)
    assert revoke(store, user.id, NOW + 1).revoked_at == NOW + 1
    assert revoke(store, user.id, NOW + 9).revoked_at == NOW + 1
    with pytest.raises(InvalidApiKey):
        authenticate(store, key)


def test_a_signing_key_has_one_person() -> None:
    store = MemoryStore()
    user, _ = create_user(store, WANYUE.id, "陈会计", ["maker"], ADDRESS, NOW)
    with pytest.raises(AddressTaken, match="陈会计"):
        create_user(store, WANYUE.id, "李主管", ["checker"], ADDRESS, NOW)
    revoke(store, user.id, NOW)
    create_user(store, WANYUE.id, "李主管", ["checker"], ADDRESS, NOW)


@pytest.mark.parametrize("scopes", [[], ["owner"], ["maker", "owner"]])
def test_unknown_scopes(scopes: list[str]) -> None:
    with pytest.raises(InvalidScope):
        create_user(MemoryStore(), WANYUE.id, "陈会计", scopes, "", NOW)


def test_nameless_and_unknown() -> None:
    with pytest.raises(Invalid):
        create_user(MemoryStore(), WANYUE.id, " ", ["maker"], "", NOW)
    with pytest.raises(NotFound):
        revoke(MemoryStore(), "nobody", NOW)


def test_the_right_key_is_that_person_and_the_book_does_not_know_the_secret() -> None:
    store = MemoryStore()
    user, key = create_user(store, WANYUE.id, " 陈会计 ", {"checker", "maker"}, ADDRESS, NOW)
    assert authenticate(store, key) == user
    assert user.scopes == ["maker", "checker"]
    assert user.name == "陈会计"
    assert key.startswith(f"gtk_{user.id}_")
    assert key.split("_", 2)[2] not in repr(user)
