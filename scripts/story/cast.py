"""Who plays in the demo: invented companies with valid check digits, and their people.

Everything here is for demonstration only; the keys are made anew in each demo's own keystore.
"""

from __future__ import annotations

from dataclasses import dataclass, field

CORE, SUPPLIER, BANK, CLEARING_BANK, REGISTRAR = 1, 2, 4, 8, 16


@dataclass(frozen=True)
class Company:
    """One participant. `id`: its number on chain, in order of admission; `people`: name → scope; one person with
    the scope `sole` signs alone."""

    id: int
    name: str
    english: str
    uscc: str
    roles: int
    size: str
    people: dict[str, str] = field(default_factory=dict)
    bank_number: str = "308290003020"


PAIR = ("maker", "checker")

DENGJI = Company(
    1, "皖江登记服务", "Wanjiang Registry", "91340100MA9DEMR10W", REGISTRAR, "small", {"邓洁": "maker", "常青": "checker"}
)
HUAIYUE = Company(
    2, "淮岳银行", "Huaiyue Bank", "91340100MA9DEMB362", BANK | CLEARING_BANK, "large", {"乔安": "maker", "丁宁": "checker"}
)
LANWAN = Company(
    3, "岚湾银行", "Lanwan Bank", "91310000MA9DEMB1XM", BANK, "large", {"沈亦": "maker", "韩松": "checker"}
)
NANHUAI = Company(
    4, "南淮银行", "Nanhuai Bank", "91330100MA9DEMB283", BANK, "large", {"许诺": "maker", "冯唐": "checker"}
)
LANGONG = Company(
    5, "岚工重装股份", "Langong Heavy Equipment", "91340100MA9DEM0A3H", CORE, "large", {"周敏": "maker", "吴刚": "checker"}
)
CHENGHAI = Company(
    6, "澄海船舶装备", "Chenghai Marine", "91330200MA9DEM0B1D", CORE, "large", {"郑海": "maker", "王舟": "checker"}
)
WANYUE = Company(
    7, "皖岳铸锻", "Wanyue Forging", "91340100MA9DEM01XQ", SUPPLIER, "medium", {"陈锻": "maker", "褚炉": "checker"}
)
SUHENG = Company(8, "苏衡传动", "Suheng Drives", "91320500MA9DEM0285", SUPPLIER, "medium", {"卫衡": "sole"})
YONGTUO = Company(9, "甬拓液压", "Yongtuo Hydraulics", "91330200MA9DEM036L", SUPPLIER, "small", {"蒋甬": "sole"})
WUZE = Company(10, "芜泽精密", "Wuze Precision", "91340200MA9DEM116C", SUPPLIER, "small", {"沈泽": "sole"})
XICHUAN = Company(11, "锡川紧固件", "Xichuan Fasteners", "91320200MA9DEM124Y", SUPPLIER, "small", {"韩川": "sole"})
HEYI = Company(12, "禾益电控", "Heyi Controls", "91330400MA9DEM1328", SUPPLIER, "micro", {"杨禾": "sole"})
CHUHENG = Company(13, "滁恒表面处理", "Chuheng Finishing", "91341100MA9DEM212W", SUPPLIER, "micro", {"朱恒": "sole"})
CHANGLI = Company(14, "常砺刀具", "Changli Tools", "91320400MA9DEM220J", SUPPLIER, "micro", {"秦砺": "sole"})

SEEDS = (DENGJI, HUAIYUE, LANWAN, NANHUAI)
ADMITTED = (LANGONG, CHENGHAI, WANYUE, SUHENG, YONGTUO, WUZE, XICHUAN, HEYI, CHUHENG, CHANGLI)
EVERYBODY = SEEDS + ADMITTED
PANEL = SEEDS
THRESHOLD = 3
"""Votes of the panel; the operator (registrar) has one seat of four."""
NAMED_BANK = {company.id: (LANWAN.id if company is HUAIYUE else HUAIYUE.id) for company in EVERYBODY}
"""Each participant's named clearing bank; the clearing bank itself names another bank."""
