"""Who takes part in a run: the invented companies of the tests, two clearing banks, and newcomers without end."""

from __future__ import annotations

from tests.support.actors import (
    CHANGLI,
    CHENGHAI,
    HUAIYUE,
    LANGONG,
    LANWAN,
    NANHUAI,
    REGISTRAR,
    SUHENG,
    WANYUE,
    WUZE,
    XICHUAN,
    YONGTUO,
    Party,
    Role,
    party,
)

CLEARING = Role.BANK | Role.CLEARING_BANK
QIANCHAO = party("qianchao", 5, "91330100MA9DEMB44Q", CLEARING, "钱潮银行")
SEEDS = (REGISTRAR, LANWAN, NANHUAI, HUAIYUE, QIANCHAO)
PANEL = (1, 2, 3, 4)
THRESHOLD = 3
MONTHS = 6
NAMED = {"huaiyue": 2, "qianchao": 4, "chenghai": 5, "suheng": 5}
"""The clearing bank that each names; everybody else names Huaiyue."""
DOUBLE = party("lianhe", 0, "91330200MA9DEM0C9B", Role.CORE | Role.SUPPLIER, "联合制造")
"""A core that also sells."""
ADMITTED: tuple[Party, ...] = (
    LANGONG,
    CHENGHAI,
    DOUBLE,
    WANYUE,
    SUHENG,
    YONGTUO,
    WUZE,
    XICHUAN,
    CHANGLI,
)


def named_by(who: Party) -> int:
    """The clearing bank that a participant names at its admission."""
    return NAMED.get(who.name, HUAIYUE.id)
