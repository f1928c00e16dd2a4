"""Who plays in the demo: invented companies with valid check digits, and their people.

Everything here is for demonstration only; the keys are made anew in each demo's own keystore.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

CORE, SUPPLIER, BANK, CLEARING_BANK, REGISTRAR = 1, 2, 4, 8, 16
ROLE_WORDS = {
    CORE: "core",
    SUPPLIER: "supplier",
    BANK: "bank",
    CLEARING_BANK: "clearing bank",
    REGISTRAR: "registrar",
}


@dataclass(frozen=True)
class Human:
    """A person: name, the same in Latin letters, and what the person may sign (maker, checker, sole)."""

    name: str
    latin: str
    right: str


@dataclass(frozen=True)
class Company:
    """One participant. `id`: its number on chain, in order of admission."""

    id: int
    name: str
    english: str
    uscc: str
    roles: int
    size: str
    industry: str
    people: tuple[Human, ...]

    @property
    def role_words(self) -> list[str]:
        """Its roles as the API names them."""
        return [word for bit, word in ROLE_WORDS.items() if self.roles & bit]

    def file(self, account: str = "") -> dict[str, Any]:
        """Its file (参与方档案) as JSON; `account`: another number of the payee account."""
        return {
            "name": self.name,
            "uscc": self.uscc,
            "size": self.size,
            "industry": self.industry,
            "group_parent": "",
            "account": {
                "name": self.name,
                "bank": "淮岳银行合肥分行",
                "number": account or f"62220000{self.id:08d}",
                "cnaps": "102361000018",
            },
            "contact": {"name": self.people[0].name, "phone": f"0551-6288{self.id:04d}", "email": ""},
        }


def pair(maker: str, maker_latin: str, checker: str, checker_latin: str) -> tuple[Human, ...]:
    """Two people: one makes, one checks."""
    return Human(maker, maker_latin, "maker"), Human(checker, checker_latin, "checker")


def sole(name: str, latin: str) -> tuple[Human, ...]:
    """One person who signs alone."""
    return (Human(name, latin, "sole"),)


DENGJI = Company(
    1,
    "皖江登记服务",
    "Wanjiang Registry",
    "91340100MA9DEMR10W",
    REGISTRAR,
    "small",
    "I65",
    pair("邓洁", "Deng Jie", "常青", "Chang Qing"),
)
HUAIYUE = Company(
    2,
    "淮岳银行",
    "Huaiyue Bank",
    "91340100MA9DEMB362",
    BANK | CLEARING_BANK,
    "large",
    "J66",
    pair("乔安", "Qiao An", "丁宁", "Ding Ning"),
)
LANWAN = Company(
    3,
    "岚湾银行",
    "Lanwan Bank",
    "91310000MA9DEMB1XM",
    BANK,
    "large",
    "J66",
    pair("沈亦", "Shen Yi", "韩松", "Han Song"),
)
NANHUAI = Company(
    4,
    "南淮银行",
    "Nanhuai Bank",
    "91330100MA9DEMB283",
    BANK,
    "large",
    "J66",
    pair("许诺", "Xu Nuo", "冯唐", "Feng Tang"),
)
LANGONG = Company(
    5,
    "岚工重装股份",
    "Langong Heavy Equipment",
    "91340100MA9DEM0A3H",
    CORE,
    "large",
    "C35",
    pair("周敏", "Zhou Min", "吴刚", "Wu Gang"),
)
CHENGHAI = Company(
    6,
    "澄海船舶装备",
    "Chenghai Marine",
    "91330200MA9DEM0B1D",
    CORE,
    "large",
    "C37",
    pair("郑海", "Zheng Hai", "王舟", "Wang Zhou"),
)
WANYUE = Company(
    7,
    "皖岳铸锻",
    "Wanyue Forging",
    "91340100MA9DEM01XQ",
    SUPPLIER,
    "medium",
    "C33",
    pair("陈锻", "Chen Duan", "褚炉", "Chu Lu"),
)
SUHENG = Company(
    8, "苏衡传动", "Suheng Drives", "91320500MA9DEM0285", SUPPLIER, "medium", "C34", sole("卫衡", "Wei Heng")
)
YONGTUO = Company(
    9,
    "甬拓液压",
    "Yongtuo Hydraulics",
    "91330200MA9DEM036L",
    SUPPLIER,
    "small",
    "C34",
    sole("蒋甬", "Jiang Yong"),
)
WUZE = Company(
    10, "芜泽精密", "Wuze Precision", "91340200MA9DEM116C", SUPPLIER, "small", "C34", sole("沈泽", "Shen Ze")
)
XICHUAN = Company(
    11,
    "锡川紧固件",
    "Xichuan Fasteners",
    "91320200MA9DEM124Y",
    SUPPLIER,
    "small",
    "C34",
    sole("韩川", "Han Chuan"),
)
HEYI = Company(
    12, "禾益电控", "Heyi Controls", "91330400MA9DEM1328", SUPPLIER, "micro", "C38", sole("杨禾", "Yang He")
)
CHUHENG = Company(
    13,
    "滁恒表面处理",
    "Chuheng Finishing",
    "91341100MA9DEM212W",
    SUPPLIER,
    "micro",
    "C33",
    sole("朱恒", "Zhu Heng"),
)
CHANGLI = Company(
    14, "常砺刀具", "Changli Tools", "91320400MA9DEM220J", SUPPLIER, "micro", "C33", sole("秦砺", "Qin Li")
)


SEEDS = (DENGJI, HUAIYUE, LANWAN, NANHUAI)
ADMITTED = (LANGONG, CHENGHAI, WANYUE, SUHENG, YONGTUO, WUZE, XICHUAN, HEYI, CHUHENG, CHANGLI)
EVERYBODY = SEEDS + ADMITTED
PANEL = SEEDS
THRESHOLD = 3
"""Votes of the panel; the operator (registrar) has one seat of four."""
NAMED_BANK = {company.id: (LANWAN.id if company is HUAIYUE else HUAIYUE.id) for company in EVERYBODY}
"""Each participant's named clearing bank; the clearing bank itself names another bank."""


def by_id(id_: int) -> Company:
    """The company with this number."""
    return next(one for one in EVERYBODY if one.id == id_)


def by_uscc(uscc: str) -> Company:
    """The company with this code."""
    return next(one for one in EVERYBODY if one.uscc == uscc)
