"""PARTICIPANTS: who comes in, who signs, recovery, suspension.

given a newcomer
    it should refuse a USCC of a wrong length, one that is in already, and roles that cannot go together
    it should refuse a clearing bank that is none, and a bank as the clearing bank of itself
    it should refuse a registrar or bank that is none, or other signatures than theirs
    it should refuse keys that did not consent, that belong to somebody, that repeat, without a right
    it should refuse keys with which nobody could sign, and more than 16
    when registrar, bank and each key have signed
        it should admit it under the next id, with its keys and file
given an act of a participant
    it should refuse wrong counts and lengths of signatures, garbage, high s, unknown keys, wrong rights, mixed parties
    it should take a sole key, or maker and then checker
given a participant's own signers
    it should refuse a stale sequence, a key without consent, somebody else's key, and being left with nobody
    when it drops and adds keys
        it should let the new sign and the old not, and let a dropped key come back to the same participant only
given its file
    it should change by its own signature, once per sequence
given a lost participant
    it should refuse a recovery without its clearing bank, the new keys or the panel; with too many or useless keys
    it should refuse a second one while one runs
    when any current key vetoes
        it should end, and the new keys stay without any right
    when 14 days have passed
        it should replace all keys, by one of the new ones
given a suspension
    it should stop offering, accepting and issuing; not withdrawing, vetoing or settling
    when the registrar suspends alone
        it should last 30 days at most and be renewable after 30 free days only, never against the panel's
    when the panel suspends
        it should last as long as it says; until in the past lifts
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.actors import (
    CHANGLI,
    CHECKER,
    CHENGHAI,
    HUAIYUE,
    LANGONG,
    LANWAN,
    MAKER,
    NANHUAI,
    OUTSIDER,
    PANEL,
    QIANCHAO,
    REGISTRAR,
    SOLE,
    WANYUE,
    WUZE,
    Key,
    Party,
    Role,
    party,
)
from tests.support.expect import refused
from tests.support.world import DAY, FACE, World

HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
NEWCOMER = party("newcomer", 15, "91340100MA9DEM333A", Role.SUPPLIER, "新来铸造")


def key(one: Key, right: int = SOLE) -> dict[str, Any]:
    return {"key": one.address, "right": right}


# ---- admit


@pytest.mark.parametrize("uscc", ["", "91340100MA9DEM333", "91340100MA9DEM333A0", "岚工重装股份岚"])
def test_uscc_of_a_wrong_length(world: World, uscc: str) -> None:
    with refused("BadUscc", uscc=uscc):
        world.admit(NEWCOMER, uscc=uscc)


def test_uscc_that_is_in_already(world: World) -> None:
    with refused("AlreadyAdmitted", party=WANYUE.id):
        world.admit(NEWCOMER, uscc=WANYUE.uscc)


@pytest.mark.parametrize(
    "roles",
    [
        Role(0),
        64,
        Role.BANK | Role.SUPPLIER,
        Role.BANK | Role.CORE,
        Role.CLEARING_BANK,
        Role.CLEARING_BANK | Role.SUPPLIER,
    ],
)
def test_roles_that_cannot_go_together(world: World, roles: int) -> None:
    with refused("BadRoles", roles=int(roles)):
        world.admit(NEWCOMER, roles=int(roles))


@pytest.mark.parametrize("named", [LANWAN, WANYUE, OUTSIDER])
def test_clearing_bank_that_is_none(world: World, named: Party) -> None:
    with refused("BadClearingBank", bank=named.id):
        world.admit(NEWCOMER, named)


def test_clearing_bank_of_itself(world: World) -> None:
    with refused("BadClearingBank", bank=QIANCHAO.id):
        world.admit(QIANCHAO, QIANCHAO)


def test_clearing_bank_names_any_other_bank(world: World) -> None:
    world.admit(QIANCHAO, LANWAN)
    assert world.read("participants", QIANCHAO.id)["clearingBank"] == LANWAN.id


def test_registrar_and_bank_must_be_such(world: World) -> None:
    keys = [NEWCOMER.maker, NEWCOMER.checker, NEWCOMER.sole]
    with refused("MissingRole", party=LANWAN.id, role=int(Role.REGISTRAR)):
        world.admit(NEWCOMER, registrar=LANWAN.id, signers=[LANWAN, LANWAN, *keys])
    with refused("MissingRole", party=WANYUE.id, role=int(Role.BANK)):
        world.admit(NEWCOMER, bank=WANYUE.id, signers=[REGISTRAR, WANYUE, *keys])
    with refused("UnknownParty", party=99):
        world.admit(NEWCOMER, bank=99)
    with refused("WrongParty", found=NANHUAI.id, expected=REGISTRAR.id):
        world.admit(NEWCOMER, signers=[NANHUAI, LANWAN, *keys])
    with refused("WrongParty", found=NANHUAI.id, expected=LANWAN.id):
        world.admit(NEWCOMER, signers=[REGISTRAR, NANHUAI, *keys])


def test_each_key_consents(world: World) -> None:
    stranger = Key("stranger")
    with refused("BadSignatureCount", expected=5, found=4):
        world.admit(NEWCOMER, signers=[REGISTRAR, LANWAN, NEWCOMER.maker, NEWCOMER.checker])
    with refused("NotASigner", key=stranger.address):
        world.admit(NEWCOMER, signers=[REGISTRAR, LANWAN, NEWCOMER.maker, NEWCOMER.checker, stranger])
    with refused("BadSignatureLength", length=128):
        world.admit(NEWCOMER, signers=[REGISTRAR, LANWAN, NEWCOMER.maker, NEWCOMER.checker, bytes(128)])
    with refused("BadSignature"):
        world.admit(NEWCOMER, signers=[REGISTRAR, LANWAN, NEWCOMER.maker, NEWCOMER.checker, bytes(64)])


def admit_with(world: World, *keys: dict[str, Any], signers: list[Key]) -> None:
    world.admit(NEWCOMER, keys=list(keys), signers=[REGISTRAR, LANWAN, *signers])


def test_keys_that_are_taken_or_useless(world: World) -> None:
    mine = NEWCOMER.sole
    with refused("KeyTaken", key=WANYUE.sole.address, party=WANYUE.id):
        admit_with(world, key(WANYUE.sole), signers=[WANYUE.sole])
    with refused("KeyTaken", key=mine.address, party=NEWCOMER.id):
        admit_with(world, key(mine), key(mine), signers=[mine, mine])
    for right in (0, 4):
        with refused("BadRight", key=mine.address, right=right):
            admit_with(world, key(mine, right), signers=[mine])
    for one_sided in (MAKER, CHECKER):
        with refused("NobodyCanSign", party=NEWCOMER.id):
            admit_with(world, key(mine, one_sided), signers=[mine])
    with refused("NobodyCanSign", party=NEWCOMER.id):
        admit_with(world, signers=[])


def test_at_most_16_keys(world: World) -> None:
    many = [Key(f"many {i}") for i in range(17)]
    with refused("TooMany", found=17, most=16):
        admit_with(world, *[key(k) for k in many], signers=many)
    admit_with(world, *[key(k) for k in many[:16]], signers=many[:16])
    assert len(world.read("participants", NEWCOMER.id)["keys"]) == 16


def test_admitted(world: World) -> None:
    receipt = world.admit(NEWCOMER)
    event = receipt.one("Admitted")
    assert event.args == {
        "party": NEWCOMER.id,
        "uscc": NEWCOMER.uscc,
        "roles": int(Role.SUPPLIER),
        "clearingBank": HUAIYUE.id,
        "profile": event["profile"],
        "registrar": REGISTRAR.id,
        "bank": LANWAN.id,
    }
    rights = [(e["key"], e["right"]) for e in receipt.all("SignerSet")]
    assert rights == [(k["key"], k["right"]) for k in NEWCOMER.keys]
    assert world.read("partyOf", NEWCOMER.uscc.encode().ljust(32, b"\0")) == NEWCOMER.id
    stored = world.read("participants", NEWCOMER.id)
    assert (stored["makers"], stored["checkers"], stored["soles"]) == (1, 1, 1)
    ticket = world.issue(LANGONG, NEWCOMER)
    assert world.ticket(ticket).party == NEWCOMER.id


# ---- signatures


def change_profile(world: World, *signers: Party | Key | bytes, **fields: Any) -> Any:
    filled = {"party": WANYUE.id, "profile": b"\5" * 32, "sequence": 0, **fields}
    return world.act("ChangeProfile", signers, **filled)


def test_number_and_length_of_signatures(world: World) -> None:
    with refused("BadSignatureCount", expected=1, found=0):
        change_profile(world)
    with refused("BadSignatureCount", expected=1, found=2):
        change_profile(world, WANYUE, WANYUE)
    for length in (0, 63, 65, 127, 129, 192):
        with refused("BadSignatureLength", length=length):
            change_profile(world, bytes(length))


def test_garbage_and_malleable_signatures(world: World) -> None:
    with refused("BadSignature"):
        change_profile(world, bytes(64))
    message = world.message("ChangeProfile", party=WANYUE.id, profile=b"\5" * 32, sequence=0)
    good = world.draft("ChangeProfile", [WANYUE], message=message)
    signature = WANYUE.sole.sign(good.digest)
    high = (signature[32] & 128) << 248 | HALF_ORDER + 1
    with refused("BadSignature"):
        world.act("ChangeProfile", [signature[:32] + high.to_bytes(32, "big")], message=message)
    flipped = signature[:32] + bytes([signature[32] ^ 128]) + signature[33:]
    with refused("NotASigner"):
        world.act("ChangeProfile", [flipped], message=message)
    world.send(good.data).expect()


def test_who_may_sign(world: World) -> None:
    stranger = Key("stranger")
    with refused("NotASigner", key=stranger.address):
        change_profile(world, stranger)
    with refused("WrongRight", key=WANYUE.maker.address, right=MAKER, needed=SOLE):
        change_profile(world, WANYUE.maker)
    with refused("WrongParty", found=WUZE.id, expected=WANYUE.id):
        change_profile(world, WUZE)


def pair(world: World, maker: Key, checker: Key) -> None:
    message = world.message("ChangeProfile", party=WANYUE.id, profile=b"\5" * 32, sequence=0)
    digest = world.draft("ChangeProfile", [WANYUE], message=message).digest
    world.act("ChangeProfile", [maker.sign(digest) + checker.sign(digest)], message=message)


def test_four_eyes_are_two_keys_of_one_participant(world: World) -> None:
    with refused("WrongRight", key=WANYUE.checker.address, right=CHECKER, needed=MAKER):
        pair(world, WANYUE.checker, WANYUE.maker)
    with refused("WrongRight", key=WANYUE.maker.address, right=MAKER, needed=CHECKER):
        pair(world, WANYUE.maker, WANYUE.maker)
    with refused("WrongRight", key=WANYUE.sole.address, right=SOLE, needed=MAKER):
        pair(world, WANYUE.sole, WANYUE.sole)
    with refused("MixedParties", maker=WANYUE.id, checker=WUZE.id):
        pair(world, WANYUE.maker, WUZE.checker)
    with refused("NotASigner"):
        pair(world, WANYUE.maker, Key("stranger"))
    pair(world, WANYUE.maker, WANYUE.checker)
    assert world.read("participants", WANYUE.id)["profile"] == b"\5" * 32


def test_an_act_ends_with_its_deadline(world: World) -> None:
    with refused("Expired", deadline=world.now - 1, nowAt=world.now):
        change_profile(world, WANYUE, deadline=world.now - 1)
    change_profile(world, WANYUE, deadline=world.now)


# ---- signers and profile


def change_signers(
    world: World,
    who: Party,
    add: list[tuple[Key, int]] | None = None,
    remove: list[Key] | None = None,
    signers: list[Any] | None = None,
    **fields: Any,
) -> Any:
    added = add or []
    filled = {
        "party": who.id,
        "add": [key(k, right) for k, right in added],
        "remove": [k.address for k in remove or []],
        "sequence": world.sequence("ChangeSigners", {"party": who.id}),
        **fields,
    }
    return world.act("ChangeSigners", signers or [who, *(k for k, _ in added)], **filled)


def test_signers_change_by_the_participant_alone(world: World) -> None:
    new = Key("new")
    with refused("WrongParty", found=REGISTRAR.id, expected=WANYUE.id):
        change_signers(world, WANYUE, [(new, SOLE)], signers=[REGISTRAR, new])
    with refused("StaleSequence", given=1, current=0):
        change_signers(world, WANYUE, [(new, SOLE)], sequence=1)
    with refused("NotASigner"):
        change_signers(world, WANYUE, [(new, SOLE)], signers=[WANYUE, WUZE.sole])
    with refused("NotASigner", key=WUZE.sole.address):
        change_signers(world, WANYUE, remove=[WUZE.sole])
    with refused("KeyTaken", key=WUZE.sole.address, party=WUZE.id):
        change_signers(world, WANYUE, [(WUZE.sole, SOLE)])


def test_never_so_that_nobody_can_sign(world: World) -> None:
    with refused("NobodyCanSign", party=WANYUE.id):
        change_signers(world, WANYUE, remove=[WANYUE.sole, WANYUE.maker])
    change_signers(world, WANYUE, remove=[WANYUE.sole])
    with refused("NobodyCanSign", party=WANYUE.id):
        change_signers(world, WANYUE, remove=[WANYUE.checker], signers=[replace(WANYUE, pair=True)])


def test_keys_go_and_come(world: World) -> None:
    new = Key("new")
    receipt = change_signers(world, WANYUE, [(new, SOLE)], [WANYUE.sole])
    assert [(e["key"], e["right"]) for e in receipt.all("SignerSet")] == [
        (WANYUE.sole.address, 0),
        (new.address, SOLE),
    ]
    assert receipt.one("SignersChanged").args == {"party": WANYUE.id, "sequence": 1}
    with refused("NotASigner", key=WANYUE.sole.address):
        change_profile(world, WANYUE, sequence=1)
    change_profile(world, new, sequence=1)
    with refused("KeyTaken", key=WANYUE.sole.address, party=WANYUE.id):
        change_signers(world, WUZE, [(WANYUE.sole, SOLE)])
    change_signers(world, WANYUE, [(WANYUE.sole, SOLE)], signers=[new, WANYUE.sole])
    change_profile(world, WANYUE.sole, sequence=3)


def test_profile(world: World) -> None:
    receipt = change_profile(world, WANYUE)
    assert receipt.one("ProfileChanged").args == {"party": WANYUE.id, "profile": b"\5" * 32, "sequence": 1}
    with refused("StaleSequence", given=0, current=1):
        change_profile(world, WANYUE)


# ---- recovery

LATER = Key("later sole")


def recover(world: World, keys: list[tuple[Key, int]] | None = None, **given: Any) -> bytes:
    """Start a recovery of Wanyue; its digest."""
    new = keys if keys is not None else [(LATER, SOLE)]
    first = given.pop("first", [HUAIYUE, *(k for k, _ in new)])
    fields = {"party": WANYUE.id, "keys": [key(k, right) for k, right in new], **given}
    made = world.panel_draft("Recover", *first, **fields)
    world.send(made.data).expect()
    return made.digest


def veto(world: World, recovery: bytes, signer: Key, who: Party = WANYUE) -> Any:
    return world.act("VetoRecovery", [signer], party=who.id, recovery=recovery)


def complete(world: World, recovery: bytes, signer: Key = LATER, who: Party = WANYUE) -> Any:
    return world.act("CompleteRecovery", [signer], party=who.id, recovery=recovery)


def test_recovery_needs_clearing_bank_keys_and_panel(world: World) -> None:
    with refused("UnknownParty", party=99):
        recover(world, party=99)
    with refused("WrongParty", found=LANWAN.id, expected=HUAIYUE.id):
        recover(world, first=[LANWAN, LATER])
    with refused("NotASigner"):
        recover(world, first=[HUAIYUE, Key("another")])
    with refused("PanelTooSmall", found=2, threshold=3):
        recover(world, members=PANEL[:2])
    with refused("BadSignatureCount", expected=2, found=1):
        recover(world, first=[HUAIYUE], members=[])
    with refused("StaleSequence", given=5, current=0):
        recover(world, sequence=5)


def test_recovery_by_useless_keys(world: World) -> None:
    with refused("NobodyCanSign", party=WANYUE.id):
        recover(world, [(LATER, MAKER)])
    with refused("BadRight", key=LATER.address, right=9):
        recover(world, [(LATER, 9)])
    with refused("KeyTaken", key=WUZE.sole.address, party=WUZE.id):
        recover(world, [(WUZE.sole, SOLE)])
    with refused("KeyTaken", key=WANYUE.sole.address, party=WANYUE.id):
        recover(world, [(WANYUE.sole, SOLE)])
    with refused("TooMany", found=17, most=16):
        recover(world, [(Key(f"many {i}"), SOLE) for i in range(17)])


def test_one_recovery_at_a_time(world: World) -> None:
    running = recover(world)
    with refused("RecoveryRunning", party=WANYUE.id, recovery=running):
        recover(world, [(Key("other"), SOLE)])
    with refused("NoRecovery", party=WANYUE.id, recovery=b"\1" * 32):
        veto(world, b"\1" * 32, WANYUE.sole)
    with refused("NoRecovery", party=WUZE.id):
        veto(world, bytes(32), WUZE.sole, WUZE)
    with refused("NoRecovery"):
        complete(world, b"\1" * 32)


def test_pending_keys_have_no_right(world: World) -> None:
    running = recover(world)
    with refused("NotASigner", key=LATER.address):
        change_profile(world, LATER, sequence=1)
    with refused("NotASigner", key=LATER.address):
        veto(world, running, LATER)
    with refused("KeyTaken", key=LATER.address, party=WANYUE.id):
        change_signers(world, WANYUE, [(LATER, SOLE)])


@pytest.mark.parametrize("right", ["maker", "checker", "sole"])
def test_any_current_key_vetoes_absolutely(world: World, right: str) -> None:
    running = recover(world)
    with refused("WrongParty", found=WUZE.id, expected=WANYUE.id):
        veto(world, running, WUZE.sole)
    with refused("BadSignatureLength", length=128):
        world.act("VetoRecovery", [bytes(128)], party=WANYUE.id, recovery=running)
    by = getattr(WANYUE, right)
    event = veto(world, running, by).one("RecoveryVetoed")
    assert event.args == {"party": WANYUE.id, "recovery": running, "key": by.address}
    world.advance(15 * DAY)
    with refused("NoRecovery"):
        complete(world, running)
    assert world.signer(LATER.address).pending == 0
    change_signers(world, WANYUE, [(LATER, SOLE)])


def test_suspension_does_not_stop_a_veto(world: World) -> None:
    world.panel("Suspend", party=WANYUE.id, until=world.now + DAY, byPanel=True)
    veto(world, recover(world), WANYUE.sole)


def test_recovered_after_14_days(world: World) -> None:
    started = world.now
    second = Key("later maker")
    running = recover(world, [(LATER, SOLE), (second, MAKER)])
    event = world.last("RecoveryStarted")
    assert event["readyAt"] == started + 14 * DAY
    world.until(started + 14 * DAY - 1)
    with refused("TooEarly", readyAt=started + 14 * DAY):
        complete(world, running)
    world.advance(1)
    with refused("NotASigner", key=WANYUE.sole.address):
        complete(world, running, WANYUE.sole)
    receipt = complete(world, running)
    assert receipt.one("RecoveryCompleted").args == {"party": WANYUE.id, "recovery": running, "sequence": 2}
    stored = world.read("participants", WANYUE.id)
    assert stored["keys"] == [LATER.address, second.address]
    assert (stored["makers"], stored["checkers"], stored["soles"]) == (1, 0, 1)
    with refused("NotASigner", key=WANYUE.sole.address):
        change_profile(world, WANYUE, sequence=2)
    change_profile(world, LATER, sequence=2)


def test_a_recovery_is_completed_by_its_own_keys(world: World) -> None:
    running = recover(world)
    other = Key("wuze later")
    recover(world, [(other, SOLE)], party=WUZE.id)
    world.advance(14 * DAY)
    with refused("WrongParty", found=WUZE.id, expected=WANYUE.id):
        complete(world, running, other)


def test_recovered_keys_take_over_a_suspension(world: World) -> None:
    running = recover(world)
    until = world.now + 60 * DAY
    world.panel("Suspend", party=WANYUE.id, until=until, byPanel=True)
    world.advance(14 * DAY)
    complete(world, running)
    assert world.signer(LATER.address).suspended_until == until


# ---- suspension


def suspend(world: World, who: Party, days: int, by: Party = REGISTRAR, **fields: Any) -> Any:
    filled = {
        "party": who.id,
        "until": world.now + days * DAY,
        "byPanel": False,
        "sequence": world.sequence("Suspend", {"party": who.id}),
        **fields,
    }
    return world.act("Suspend", [by], **filled)


def suspend_by_panel(world: World, who: Party, days: int) -> Any:
    return world.panel("Suspend", party=who.id, until=world.now + days * DAY, byPanel=True)


def test_suspension_needs_registrar_or_panel(world: World) -> None:
    with refused("MissingRole", party=LANWAN.id, role=int(Role.REGISTRAR)):
        suspend(world, WANYUE, 1, LANWAN)
    with refused("PanelTooSmall", found=1, threshold=3):
        suspend(world, WANYUE, 1, byPanel=True)
    with refused("UnknownParty", party=99):
        suspend(world, WANYUE, 1, party=99, sequence=0)
    with refused("StaleSequence", given=3, current=0):
        suspend(world, WANYUE, 1, sequence=3)
    with refused("BadSignatureCount", expected=1, found=2):
        world.act("Suspend", [REGISTRAR, LANWAN], party=WANYUE.id, until=0, byPanel=False, sequence=0)


def test_registrar_alone_30_days_then_30_free_days(world: World) -> None:
    with refused("SuspensionTooLong", until=world.now + 31 * DAY, most=world.now + 30 * DAY):
        suspend(world, WANYUE, 31)
    began = world.now
    event = suspend(world, WANYUE, 30).one("SuspensionSet")
    assert (event["until"], event["freeFrom"]) == (began + 30 * DAY, began + 60 * DAY)
    assert (event["byPanel"], event["sequence"]) == (False, 1)
    world.until(began + 60 * DAY - 1)
    with refused("TooEarly", readyAt=began + 60 * DAY):
        suspend(world, WANYUE, 1)
    world.advance(1)
    suspend(world, WANYUE, 1)


def test_registrar_lifts_its_own_but_keeps_the_free_days(world: World) -> None:
    suspend(world, WANYUE, 30)
    event = suspend(world, WANYUE, -1).one("SuspensionSet")
    assert event["until"] == 0
    assert world.signer(WANYUE.sole.address).suspended_until == 0
    with refused("TooEarly"):
        suspend(world, WANYUE, 1)


def test_registrar_never_against_the_panel(world: World) -> None:
    suspend_by_panel(world, WANYUE, 90)
    for days in (-1, 1):
        with refused("SuspendedByPanel", party=WANYUE.id, until=world.now + 90 * DAY):
            suspend(world, WANYUE, days)
    world.advance(90 * DAY)
    suspend(world, WANYUE, 1)


def test_panel_confirms_and_lifts(world: World) -> None:
    suspend(world, WANYUE, 30)
    assert suspend_by_panel(world, WANYUE, 200).one("SuspensionSet")["byPanel"] is True
    assert suspend_by_panel(world, WANYUE, -1).one("SuspensionSet")["until"] == 0
    world.issue(LANGONG, WANYUE)


def test_what_a_suspension_stops(world: World) -> None:
    ticket = world.issue(LANGONG, WANYUE)
    wuze = world.transfer(WANYUE, ticket, (WUZE, FACE // 2))[0]
    until = world.now + 10 * DAY
    suspend(world, WANYUE, 10)
    with refused("Suspended", party=WANYUE.id, until=until):
        world.transfer(WANYUE, ticket, (WUZE, FACE // 4))
    with refused("Suspended", party=WANYUE.id):
        world.transfer(WUZE, wuze, (WANYUE, FACE // 4))
    with refused("Suspended", party=WANYUE.id):
        world.lock(WANYUE, ticket, LANWAN, FACE // 4)
    with refused("Suspended", party=WANYUE.id):
        world.issue(LANGONG, WANYUE)
    suspend(world, CHENGHAI, 10)
    with refused("Suspended", party=CHENGHAI.id):
        world.issue(CHENGHAI, CHANGLI)
    world.until(until)
    world.transfer(WANYUE, ticket, (WUZE, FACE // 4))


def test_what_a_suspension_does_not_stop(world: World) -> None:
    ticket = world.issue(LANGONG, WANYUE)
    lock = world.lock(WANYUE, ticket, LANWAN, FACE // 4)
    offer = world.offer(WANYUE, ticket, [(WUZE, FACE // 4)])
    for who in (WANYUE, LANWAN, HUAIYUE):
        suspend(world, who, 30)
    world.withdraw(WANYUE, offer, 0)
    world.withdraw_all(WANYUE, ticket)
    world.release(lock)
    world.fund((ticket, FACE))
    world.pay_out((ticket, FACE // 4))


def test_suspended_bank_and_clearing_bank_get_nothing_new(world: World) -> None:
    ticket = world.issue(LANGONG, WANYUE)
    suspend(world, LANWAN, 30)
    with refused("Suspended", party=LANWAN.id):
        world.lock(WANYUE, ticket, LANWAN, FACE // 4)
    suspend(world, HUAIYUE, 30)
    with refused("Suspended", party=HUAIYUE.id):
        world.lock(WANYUE, ticket, NANHUAI, FACE // 4)
    with refused("Suspended", party=HUAIYUE.id):
        world.issue(LANGONG, WANYUE)


def test_a_key_that_comes_in_while_suspended_is_suspended(world: World) -> None:
    until = world.now + 10 * DAY
    suspend(world, WANYUE, 10)
    new = Key("new")
    change_signers(world, WANYUE, [(new, SOLE)])
    assert world.signer(new.address).suspended_until == until
