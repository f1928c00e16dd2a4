"""A long and varied life of one ledger: every act at least once, refused lines and items in between."""

from __future__ import annotations

from typing import Any

from tests.support.abi import calldata
from tests.support.actors import (
    CHANGLI,
    CHENGHAI,
    CHUHENG,
    HEYI,
    HUAIYUE,
    LANGONG,
    LANWAN,
    MAKER,
    NANHUAI,
    PANEL,
    QIANCHAO,
    REGISTRAR,
    SOLE,
    SUHENG,
    WANYUE,
    WUZE,
    XICHUAN,
    YONGTUO,
    Key,
    Party,
)
from tests.support.drafts import Draft
from tests.support.world import DAY, FACE, GRACE, World

PART = FACE // 8


def live(world: World) -> None:
    """Run the whole life; ends about eight months later with the deployment closed."""
    signers_and_recovery(world)
    suspensions_and_panel(world)
    pool = issuing(world)
    passing_on(world, pool)
    financing(world, pool)
    orders(world, pool)
    settling(world, pool)
    overdue(world)
    world.panel("Close")


def _key(key: Key, right: int = SOLE) -> dict[str, Any]:
    return {"key": key.address, "right": right}


def _change_signers(world: World, who: Party, by: Any, add: list[Key], remove: list[Key]) -> None:
    fields = {"party": who.id, "add": [_key(k) for k in add], "remove": [k.address for k in remove]}
    sequence = world.sequence("ChangeSigners", {"party": who.id})
    world.act("ChangeSigners", [by, *add], **fields, sequence=sequence)


def signers_and_recovery(world: World) -> None:
    """Keys go, come, come back; a recovery is vetoed, the next one is completed while suspended."""
    world.admit(QIANCHAO, LANWAN)
    fresh, second = Key("heyi fresh"), Key("heyi second")
    _change_signers(world, HEYI, HEYI, [fresh, second], [HEYI.maker])
    _change_signers(world, HEYI, fresh, [HEYI.maker], [HEYI.sole, fresh, HEYI.checker])
    _change_signers(world, HEYI, second, [HEYI.sole], [])
    world.act("ChangeProfile", [HEYI], party=HEYI.id, profile=world.salt(), sequence=3)
    keys = [(Key("chuheng new sole"), SOLE), (Key("chuheng new maker"), MAKER), (CHUHENG_DROPPED, SOLE)]
    _change_signers(world, CHUHENG, CHUHENG, [CHUHENG_DROPPED], [CHUHENG.checker])
    _change_signers(world, CHUHENG, CHUHENG, [], [CHUHENG_DROPPED])
    for ends in ("veto", "complete"):
        named = [_key(k, right) for k, right in keys]
        made = world.panel_draft("Recover", HUAIYUE, *(k for k, _ in keys), party=CHUHENG.id, keys=named)
        world.send(made.data).expect()
        if ends == "veto":
            world.act("VetoRecovery", [CHUHENG.maker], party=CHUHENG.id, recovery=made.digest)
            continue
        until = world.now + 20 * DAY
        world.panel("Suspend", party=CHUHENG.id, until=until, byPanel=True)
        world.advance(14 * DAY)
        world.act("CompleteRecovery", [keys[1][0]], party=CHUHENG.id, recovery=made.digest)
    made = world.panel_draft(
        "Recover", HUAIYUE, Key("running"), party=CHANGLI.id, keys=[_key(Key("running"))]
    )
    world.send(made.data).expect()


CHUHENG_DROPPED = Key("chuheng dropped")


def suspensions_and_panel(world: World) -> None:
    """By the registrar, confirmed and lifted by the panel; the panel grows; stages stop; policies follow."""
    fields = {"party": YONGTUO.id, "until": world.now + 9 * DAY, "byPanel": False, "sequence": 0}
    world.act("Suspend", [REGISTRAR], **fields)
    world.panel("Suspend", party=YONGTUO.id, until=world.now + 99 * DAY, byPanel=True)
    world.panel("Suspend", party=YONGTUO.id, until=0, byPanel=True)
    world.panel("Suspend", party=XICHUAN.id, until=world.now + DAY, byPanel=True)
    members = [REGISTRAR.id, LANWAN.id, NANHUAI.id, HUAIYUE.id, WANYUE.id, WUZE.id]
    for chosen in (members, members[:4]):
        sequence = world.sequence("ChangePanel", {})
        world.act("ChangePanel", PANEL[:3], members=chosen, threshold=3, sequence=sequence)
    world.panel("Stop", stages=9, until=world.now + DAY)
    world.advance(DAY)
    for months in (9, 12):
        policy: dict[str, Any] = {"months": months, "from": world.now + DAY}
        world.panel("SetPolicy", **policy)
        world.advance(2 * DAY)
    world.limit(CHENGHAI, 99 * FACE)
    world.panel("Halt", core=CHENGHAI.id, halted=True)
    world.panel("Halt", core=CHENGHAI.id, halted=False)


def issuing(world: World) -> list[bytes]:
    """Several issuances, one over two invoices, one voided, one act withdrawn before it was mined."""
    pool = [world.issue(LANGONG, who) for who in (WANYUE, SUHENG, YONGTUO)]
    invoices = [{"fingerprint": bytes([n]) * 32, "total": 2 * FACE, "amount": FACE // 2} for n in (3, 4)]
    pool.append(world.issue(CHENGHAI, WANYUE, invoices=invoices, minimum=0, depth=3))
    void = world.issue(CHENGHAI, SUHENG, invoices=invoices)
    kids = world.transfer(SUHENG, void, (WUZE, PART), (WUZE, 7 * PART))
    world.void(CHENGHAI, WUZE, *kids)
    unmined = world.issue_draft(LANGONG, WANYUE)
    message = world.message("WithdrawIssue", issue=unmined.digest)
    world.act("WithdrawIssue", [LANGONG], issue=unmined.message, message=message)
    return pool


def passing_on(world: World, pool: list[bytes]) -> None:
    """Down three tiers; legs refused, children and whole offers withdrawn."""
    children = [(WUZE, PART), (XICHUAN, PART), (LANWAN, PART), (HEYI, 2 * PART)]
    offer = world.offer(WANYUE, pool[0], children)
    receivers = (WUZE, XICHUAN, LANWAN)
    world.send(offer.transfer(*(offer.accept(who) for who in receivers))).expect()
    world.withdraw(WANYUE, offer, 0, 3)
    deeper = world.transfer(WUZE, offer.child(0), (CHANGLI, PART // 2), (HEYI, PART // 4))
    world.transfer(CHANGLI, deeper[0], (WANYUE, PART // 2))
    world.withdraw_all(WANYUE, pool[0])
    forged = world.offer(SUHENG, pool[0], [(WUZE, PART)])
    good = world.offer(SUHENG, pool[1], [(WUZE, PART)])
    world.relay([forged.transfer(forged.accept(WUZE)), good.transfer(good.accept(WUZE))])


def financing(world: World, pool: list[bytes]) -> None:
    """Locks released, returned, cancelled, left standing; a child of a released one."""
    locks = [world.lock(WANYUE, pool[0], bank, PART) for bank in (LANWAN, NANHUAI, HUAIYUE, LANWAN)]
    world.release(locks[0])
    world.cancel_lock(locks[1], WANYUE, NANHUAI)
    world.release(locks[2])
    world.lock(LANWAN, locks[0], NANHUAI, PART // 2)
    world.advance(6 * DAY)
    world.return_lock(locks[3])
    world.lock(YONGTUO, pool[2], LANWAN, PART)
    pool.append(locks[0])


def orders(world: World, pool: list[bytes]) -> None:
    """Five orders over four places, lifted in between; one that goes on for good."""
    for number in (1, 2, 3, 4):
        world.freeze(pool[1], bytes([number]) * 32, PART, world.now + number * DAY)
    world.unfreeze(pool[1], b"\2" * 32)
    world.advance(DAY)
    world.freeze(pool[1], b"\5" * 32, PART)
    world.freeze(pool[2], b"\6" * 32, PART)
    world.unfreeze(pool[2], b"\6" * 32)


def settling(world: World, pool: list[bytes]) -> None:
    """In parts and in full, lines refused; one clearing bank vetoes, another is replaced."""
    replaced = pool[3]
    for ends in ("veto", "complete"):
        made = _replacement(world, CHENGHAI, replaced)
        world.send(made.data).expect()
        named = {"issuance": replaced[:16], "replacement": made.digest}
        if ends == "veto":
            world.act("VetoReplacement", [HUAIYUE], **named)
            continue
        world.advance(14 * DAY)
        world.act("CompleteReplacement", [QIANCHAO], **named)
    world.send(_replacement(world, LANGONG, pool[2]).data).expect()
    world.fund((pool[0], FACE), (pool[1], PART))
    world.pay_out((pool[0], PART), (pool[0], FACE), (pool[4], PART // 2))
    world.until(world.due)
    world.pay_out((pool[1], 1), (pool[1], FACE))
    world.fund((replaced, FACE - 1), bank=QIANCHAO)
    world.pay_out((replaced, FACE // 3), bank=QIANCHAO)


def _replacement(world: World, core: Party, ticket: bytes) -> Draft:
    return world.panel_draft("ReplaceBank", core, QIANCHAO, issuance=ticket[:16], bank=QIANCHAO.id)


def overdue(world: World) -> None:
    """Reported, waived, reported again, cured in full, voided, left."""
    others = [world.issue(CHENGHAI, WUZE, **_soon(world)) for _ in range(4)]
    world.until(world.now + 30 * DAY + GRACE)
    for ticket in others:
        world.report_overdue(ticket)
    world.panel("Waive", issuance=others[0][:16])
    world.panel("Waive", issuance=others[1][:16])
    world.fund((others[2], FACE))
    world.void(CHENGHAI, WUZE, others[3])
    world.advance(30 * DAY)
    world.report_overdue(others[0])
    refused = world.send(calldata("reportOverdue", others[2][:16]))
    assert not refused.status


def _soon(world: World) -> dict[str, int]:
    due = world.now + 30 * DAY
    return {"contractualDue": due, "due": due, "transferableUntil": due - DAY}
