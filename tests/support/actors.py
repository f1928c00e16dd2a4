"""Who acts in the tests: the invented companies and banks, each with development keys, and how they sign."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

from coincurve import PrivateKey

from ledger.ids import keccak256 as keccak

MAKER, CHECKER, SOLE = 1, 2, 3


class Role(IntFlag):
    """Roles of a participant, as `Roles` in contracts/types/Words.sol."""

    CORE = 1
    SUPPLIER = 2
    BANK = 4
    CLEARING_BANK = 8
    REGISTRAR = 16
    AUDITOR = 32


class Key:
    """One development key, derived from its name. Never for real money."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._secret = PrivateKey(keccak(f"gold ticket development key: {name}".encode()))
        public = self._secret.public_key.format(compressed=False)
        self.address = "0x" + keccak(public[1:])[12:].hex()

    def sign(self, digest: bytes) -> bytes:
        """64 bytes: r, and s with the parity in its highest bit (EIP-2098)."""
        signed = self._secret.sign_recoverable(digest, hasher=None)
        return signed[:32] + bytes([signed[32] | signed[64] << 7]) + signed[33:64]


@dataclass(frozen=True)
class Party:
    """A participant: `id` on the ledger and its three keys. `pair`: it usually signs with maker and checker."""

    name: str
    title: str
    id: int
    uscc: str
    roles: Role
    maker: Key
    checker: Key
    sole: Key
    pair: bool = False

    def sign(self, digest: bytes, pair: bool | None = None) -> bytes:
        """64 bytes of the sole key, or 128 of maker and checker."""
        if self.pair if pair is None else pair:
            return self.maker.sign(digest) + self.checker.sign(digest)
        return self.sole.sign(digest)

    @property
    def keys(self) -> list[dict[str, object]]:
        """The keys as an act of admission names them."""
        named = ((self.maker, MAKER), (self.checker, CHECKER), (self.sole, SOLE))
        return [{"key": key.address, "right": right} for key, right in named]


def party(name: str, id: int, uscc: str, roles: Role, title: str = "", pair: bool = False) -> Party:
    """A participant with the keys that its name gives."""
    maker, checker, sole = (Key(f"{name} {right}") for right in ("maker", "checker", "sole"))
    return Party(name, title or name, id, uscc, roles, maker, checker, sole, pair)


_CLEARING = Role.BANK | Role.CLEARING_BANK

REGISTRAR = party("registrar", 1, "91340100MA9DEMR10W", Role.REGISTRAR, "登记运营方", pair=True)
LANWAN = party("lanwan", 2, "91310000MA9DEMB1XM", Role.BANK, "岚湾银行", pair=True)
NANHUAI = party("nanhuai", 3, "91330100MA9DEMB283", Role.BANK, "南淮银行", pair=True)
HUAIYUE = party("huaiyue", 4, "91340100MA9DEMB362", _CLEARING, "淮岳银行", pair=True)
LANGONG = party("langong", 5, "91340100MA9DEM0A3H", Role.CORE, "岚工重装股份", pair=True)
CHENGHAI = party("chenghai", 6, "91330200MA9DEM0B1D", Role.CORE, "澄海船舶装备", pair=True)
WANYUE = party("wanyue", 7, "91340100MA9DEM01XQ", Role.SUPPLIER, "皖岳铸锻")
SUHENG = party("suheng", 8, "91320500MA9DEM0285", Role.SUPPLIER, "苏衡传动")
YONGTUO = party("yongtuo", 9, "91330200MA9DEM036L", Role.SUPPLIER, "甬拓液压")
WUZE = party("wuze", 10, "91340200MA9DEM116C", Role.SUPPLIER, "芜泽精密")
XICHUAN = party("xichuan", 11, "91320200MA9DEM124Y", Role.SUPPLIER, "锡川紧固件")
HEYI = party("heyi", 12, "91330400MA9DEM1328", Role.SUPPLIER, "禾益电控")
CHUHENG = party("chuheng", 13, "91341100MA9DEM212W", Role.SUPPLIER, "滁恒表面处理")
CHANGLI = party("changli", 14, "91320400MA9DEM220J", Role.SUPPLIER, "常砺刀具")

SEEDS = (REGISTRAR, LANWAN, NANHUAI, HUAIYUE)
ADMITTED = (LANGONG, CHENGHAI, WANYUE, SUHENG, YONGTUO, WUZE, XICHUAN, HEYI, CHUHENG, CHANGLI)
PANEL = SEEDS
THRESHOLD = 3
QIANCHAO = party("qianchao", 15, "91330100MA9DEMB44Q", _CLEARING, "钱潮银行", pair=True)
"""A second clearing bank; comes in only where a test admits it."""
OUTSIDER = party("outsider", 0, "", Role(0), "局外人")
