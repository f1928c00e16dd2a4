"""How much is measured: operations of each part."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """`town`: holders with a ticket each, and as many receivers; `sizes`, `whole`: tickets in the book, for intake and
    projection alone and for whole operations; the others: operations of each part."""

    town: int
    chain_single: int
    chain_batch: int
    design: int
    single: int
    half: int
    bulk: int
    plain: int
    sizes: tuple[int, ...] = ()
    whole: tuple[int, ...] = ()


PROFILES = {
    "small": Profile(60, 100, 200, 400, 100, 60, 400, 40),
    "usual": Profile(1_000, 3_000, 6_000, 12_000, 2_500, 1_200, 16_000, 160, (1_000, 10_000, 100_000)),
    "large": Profile(
        town=4_000,
        chain_single=8_000,
        chain_batch=16_000,
        design=40_000,
        single=8_000,
        half=4_000,
        bulk=40_000,
        plain=320,
        sizes=(1_000, 10_000, 100_000, 1_000_000),
        whole=(1_000, 1_000_000),
    ),
}


@dataclass(frozen=True)
class NetworkProfile:
    """The same on a network of validators. `design`: operations of relay transactions, once before the gateway's part
    and once after it; `bulk`: of each of `rounds` rounds through the gateway."""

    town: int
    chain_single: int
    chain_batch: int
    design: int
    bulk: int
    rounds: int


NETWORK_PROFILES = {
    "small": NetworkProfile(30, 40, 100, 200, 200, 1),
    "usual": NetworkProfile(400, 1_000, 2_000, 12_000, 12_000, 2),
    "large": NetworkProfile(2_000, 4_000, 10_000, 20_000, 20_000, 3),
}
