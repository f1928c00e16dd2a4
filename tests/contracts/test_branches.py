"""Each act of every kind, complete and possible right now, tried with every wrong signature in every place.

given an act as it should be
    it should take effect
given a caller that is a contract, or another chain
    it should refuse every act
given too few or too many signatures
    it should refuse every act, naming how many it expects
given in the place of one participant's signatures
    what is too short, nobody's, a stranger's, by a key with another right, a pair of which one is wrong, a pair
    of two participants, a signature with high s, or somebody else's
    it should refuse the act for exactly that
given in the place of a single key's signature
    what is too short, or nobody's, or a stranger's
    it should refuse the act
given a panel of too few, of too many, in wrong order, of one member twice, or with somebody who is not on it
    it should refuse the act for exactly that
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

import pytest

from tests.contracts.test_relay import forwarder
from tests.support.actors import PANEL, THRESHOLD, XICHUAN, Key, Party
from tests.support.attempts import by
from tests.support.drafts import Signer
from tests.support.every_act import Act, prepare
from tests.support.expect import expect_refusal
from tests.support.world import World

STRANGER = Key("stranger")
NOBODY = bytes(64)
ELSE = {"WrongParty", "NotHolder", "NotOnPanel", "NotAscending", "MissingRole"}


@pytest.fixture(scope="module")
def acts(ready: World) -> Iterator[tuple[World, list[Act]]]:
    with ready.scratch():
        yield ready, prepare(ready)


def high(signature: bytes) -> bytes:
    """With an s above half the order; above 2^255 there is no place for it."""
    return signature[:32] + bytes([signature[32] & 0x80 | 0x7F]) + b"\xff" * 31


WRONG: dict[str, tuple[str, Callable[[Party, bytes], bytes]]] = {
    "too short": ("BadSignatureLength", lambda p, d: p.sole.sign(d)[:63]),
    "too long": ("BadSignatureLength", lambda p, d: p.sole.sign(d) + p.maker.sign(d) + p.checker.sign(d)),
    "nobody's": ("BadSignature", lambda p, d: NOBODY),
    "a stranger's": ("NotASigner", lambda p, d: STRANGER.sign(d)),
    "the maker's alone": ("WrongRight", lambda p, d: p.maker.sign(d)),
    "a pair, nobody first": ("BadSignature", lambda p, d: NOBODY + p.checker.sign(d)),
    "a pair, nobody second": ("BadSignature", lambda p, d: p.maker.sign(d) + NOBODY),
    "a pair, a stranger first": ("NotASigner", lambda p, d: STRANGER.sign(d) + p.checker.sign(d)),
    "a pair, a stranger second": ("NotASigner", lambda p, d: p.maker.sign(d) + STRANGER.sign(d)),
    "a pair, the checker first": ("WrongRight", lambda p, d: p.checker.sign(d) + p.maker.sign(d)),
    "a pair, the maker twice": ("WrongRight", lambda p, d: p.maker.sign(d) + p.maker.sign(d)),
    "a pair of two participants": ("MixedParties", lambda p, d: p.maker.sign(d) + XICHUAN.checker.sign(d)),
}


def sent(world: World, act: Act, signers: list[Signer], error: str | set[str]) -> None:
    refusal = world.send(act.draft(world, signers).data).refusal
    assert refusal is not None, act
    assert refusal.name in ({error} if isinstance(error, str) else error), f"{act}: {refusal}"


def places(acts: list[Act], kind: type) -> Iterator[tuple[Act, int]]:
    """Every place of every act where a participant (or a single key) signs."""
    return ((act, i) for act in acts for i, signer in enumerate(act.signers) if isinstance(signer, kind))


def replaced(act: Act, place: int, signer: Signer) -> list[Signer]:
    return [*act.signers[:place], signer, *act.signers[place + 1 :]]


def test_each_takes_effect_as_it_is(acts: tuple[World, list[Act]]) -> None:
    world, given = acts
    for act in given:
        with world.scratch():
            world.send(act.draft(world).data).expect()


def test_no_contract_may_send_any(acts: tuple[World, list[Act]]) -> None:
    world, given = acts
    with world.scratch():
        contract = forwarder(world)
        for act in given:
            outcome = world.evm.send(contract, act.draft(world).data)
            assert not outcome.ok
            expect_refusal(outcome.output, "NotPlainAccount", caller=contract)


def test_none_counts_on_another_chain(acts: tuple[World, list[Act]]) -> None:
    world, given = acts
    elsewhere = world.cold(chain_id=5)
    for act in given:
        expect_refusal(elsewhere.send(act.draft(world).data).refusal, "WrongChain")


def test_signatures_are_counted(acts: tuple[World, list[Act]]) -> None:
    world, given = acts
    for act in given:
        if act.panel != 0:
            first = act.signers[: act.panel]
            sent(world, act, first[:-1], "BadSignatureCount")
        if act.panel is None:
            sent(world, act, [*act.signers, XICHUAN], "BadSignatureCount")


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_in_a_participants_place(acts: tuple[World, list[Act]], kind: str) -> None:
    world, given = acts
    error, rule = WRONG[kind]
    for act, place in places(given, Party):
        whose = cast(Party, act.signers[place])
        sent(world, act, replaced(act, place, by(lambda d, p=whose: rule(p, d))), error)  # type: ignore[misc]


def test_high_s_in_a_participants_place(acts: tuple[World, list[Act]]) -> None:
    world, given = acts
    for act, place in places(given, Party):
        whose = cast(Party, act.signers[place])
        maker, checker, sole = whose.maker, whose.checker, whose.sole
        for signer in (
            by(lambda d, k=sole: high(k.sign(d))),  # type: ignore[misc]
            by(lambda d, m=maker, c=checker: high(m.sign(d)) + c.sign(d)),  # type: ignore[misc]
            by(lambda d, m=maker, c=checker: m.sign(d) + high(c.sign(d))),  # type: ignore[misc]
        ):
            sent(world, act, replaced(act, place, signer), "BadSignature")


def test_somebody_elses_in_a_participants_place(acts: tuple[World, list[Act]]) -> None:
    world, given = acts
    for act, place in places(given, Party):
        sent(world, act, replaced(act, place, XICHUAN), ELSE)


def test_wrong_in_a_single_keys_place(acts: tuple[World, list[Act]]) -> None:
    world, given = acts
    for act, place in places(given, Key):
        key = cast(Key, act.signers[place])
        sent(world, act, replaced(act, place, by(lambda d, k=key: k.sign(d)[:63])), "BadSignatureLength")  # type: ignore[misc]
        sent(world, act, replaced(act, place, NOBODY), "BadSignature")
        sent(world, act, replaced(act, place, by(lambda d, k=key: high(k.sign(d)))), "BadSignature")  # type: ignore[misc]
        sent(world, act, replaced(act, place, STRANGER), "NotASigner")


def test_wrong_panels(acts: tuple[World, list[Act]]) -> None:
    world, given = acts
    for act in given:
        if act.panel is None:
            continue
        first = act.signers[: act.panel]
        panels: dict[str, list[Party]] = {
            "PanelTooSmall": [*PANEL[: THRESHOLD - 1]],
            "TooMany": [*PANEL, XICHUAN],
            "NotOnPanel": [*PANEL[: THRESHOLD - 1], XICHUAN],
        }
        for error, panel in panels.items():
            sent(world, act, [*first, *panel], error)
        a, b, c = PANEL[:THRESHOLD]
        for panel in ([a, c, b], [a, b, b]):
            sent(world, act, [*first, *panel], "NotAscending")


def test_a_larger_panel_than_needed(acts: tuple[World, list[Act]]) -> None:
    world, given = acts
    for act in given:
        if act.panel is not None:
            with world.scratch():
                world.send(act.draft(world, [*act.signers[: act.panel], *PANEL]).data).expect()
