"""Documents.

given a name with markup or an invisible character
  it should be escaped, or refused
given a template
  it should not hold a word that a claim's papers must not use
given the same values
  it should give the same bytes; another salt or a fen more gives another hash
given the values of the worked case
  it should say them in Chinese and English, and what the law wants said
"""

from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from importlib import resources

import pytest

from ledger.clearing import ClearingList, ClearingRow, PayeeAccount
from ledger.clock import parse_instant
from ledger.discount import Bearer, quote
from ledger.documents import (
    AssignmentNotice,
    ClearingListDocument,
    Company,
    Evidence,
    FinanceTerms,
    InvalidText,
    Undertaking,
    render,
)
from ledger.ids import keccak256

FORBIDDEN = ["票据", "贴现", "背书", "承兑", "发行", "通证", "刚兑", "银行担保", "收益"]
SALT = bytes(range(32))
LANGONG = Company("岚工重装股份", "91340100MA9DEM0A3H")
WANYUE = Company("皖岳铸锻", "91340100MA9DEM01XQ")
HUAIYUE = Company("淮岳银行", "91340100MA9DEMB362")
LANWAN = Company("岚湾银行", "91310000MA9DEMB1XM")
TICKET = "0x" + "1a" * 16 + "00" * 16

UNDERTAKING = Undertaking(
    number="LG-2026-0001",
    core=LANGONG,
    supplier=WANYUE,
    clearing_bank=HUAIYUE,
    face=42_000_000,
    issue_date=date(2026, 11, 23),
    contractual_due=date(2027, 5, 23),
    payment_date=date(2027, 5, 24),
    provisional=True,
    transferable_until=date(2027, 5, 19),
    grace_days=3,
    overdue_bp_per_day=5,
    depth=10,
    minimum=100_000,
    bearer=Bearer.HOLDER,
    evidence=(Evidence("LG-1", "GR-1", date(2026, 11, 20), "26342000000000048213", 42_000_000),),
    salt=SALT,
)
NOTICE = AssignmentNotice(
    number="N-1",
    notice_date=date(2026, 12, 7),
    debtor=LANGONG,
    assignor=WANYUE,
    assignee=LANWAN,
    clearing_bank=HUAIYUE,
    ticket_number="GT-000001",
    ticket_id=TICKET,
    undertaking="0x" + "ab" * 32,
    value=42_000_000,
    payment_date=date(2027, 5, 24),
    registration="27312026000123456789",
    salt=SALT,
)
TERMS = FinanceTerms(
    number="F-1",
    holder=WANYUE,
    bank=LANWAN,
    debtor=LANGONG,
    clearing_bank=HUAIYUE,
    ticket_number="GT-000001",
    ticket_id=TICKET,
    quote=quote(42_000_000, 315, date(2026, 12, 8), date(2027, 5, 24)),
    registration="27312026000123456789",
    expiry=parse_instant("2026-12-09 17:00"),
    self_certified=False,
    salt=SALT,
)
ROW = ClearingRow(
    TICKET,
    "GT-000001",
    WANYUE.name,
    WANYUE.uscc,
    PayeeAccount("皖岳铸锻", "淮岳银行芜湖分行", "6217000000000000123", "313361000010"),
    42_000_000,
)
CLEARING = ClearingListDocument(
    number="C-1",
    prepared=date(2027, 5, 19),
    debtor=LANGONG,
    clearing_bank=HUAIYUE,
    clearing=ClearingList(date(2027, 5, 24), (ROW,), 42_000_000),
    salt=SALT,
)
ALL = [UNDERTAKING, replace(UNDERTAKING, provisional=False, bearer=Bearer.CORE), NOTICE, TERMS, CLEARING]
ALL += [replace(TERMS, self_certified=True)]


def text(content) -> str:
    return render(content).body.decode()


@pytest.mark.parametrize("name", ["岚工\u202e股份", "岚工\u200b股份", "岚工\x00", "岚工\u2066"])
@pytest.mark.parametrize("content", [UNDERTAKING, CLEARING])
def test_an_invisible_character_is_refused(content, name):
    party = {"core": Company(name, "x")} if content is UNDERTAKING else {"debtor": Company(name, "x")}
    with pytest.raises(InvalidText, match="invisible"):
        render(replace(content, **party))


def test_markup_in_a_name_is_shown_and_not_run():
    shown = text(replace(UNDERTAKING, core=Company("<script>alert(1)</script>", 'x" onload="y')))
    assert "<script" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert 'x" onload' not in shown


@pytest.mark.parametrize("word", FORBIDDEN)
def test_no_paper_uses_a_word_that_is_not_meant(word):
    for template in resources.files("ledger").joinpath("templates").iterdir():
        assert word not in template.read_text("utf-8"), template.name
    for content in ALL:
        assert word not in text(content)


@pytest.mark.parametrize("content", ALL)
def test_the_same_values_give_the_same_bytes(content):
    first, again = render(content), render(replace(content))
    assert first == again
    assert first.hash == "0x" + keccak256(first.body).hex() == "0x" + first.digest.hex()
    assert first.media_type == "text/html; charset=utf-8"
    assert first.kind == content.kind
    assert render(replace(content, salt=bytes(32))).hash != first.hash


def test_one_fen_makes_another_document():
    assert render(replace(UNDERTAKING, face=42_000_001)).hash != render(UNDERTAKING).hash


class Balance(HTMLParser):
    """Every opened element is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("content", ALL)
def test_a_document_is_a_page_of_its_own(content):
    page = text(content)
    assert page.startswith("<!DOCTYPE html>")
    assert Balance(page).open == []
    assert not any(word in page for word in ("http", "src=", "url(", "<script", "{{", "{%"))
    assert "0x" + SALT.hex() in page


def test_the_undertaking_says_what_is_promised():
    page = text(UNDERTAKING)
    for said in (
        *("岚工重装股份", "91340100MA9DEM0A3H", "皖岳铸锻", "淮岳银行"),
        *("420,000.00 元（人民币肆拾贰万元整）", "2027年5月23日", "2027年5月24日", "付款日（暂定）"),
        *("不可撤销、无条件", "最后持有人", "第五百四十六条", "第五百四十八条", "第五百四十九条", "收件箱"),
        *("不向任何前手追索", "每日万分之 5", "3 个自然日", "持有人 the holder", "26342000000000048213"),
        *("irrevocably and without condition", "set-off of article 549", "10 次 times"),
    ):
        assert said in page, said
    assert "暂定" not in text(replace(UNDERTAKING, provisional=False))


def test_the_notice_names_debtor_assignor_assignee_and_registration():
    page = text(NOTICE)
    for said in (
        "致：岚工重装股份",
        "岚湾银行",
        "GT-000001",
        TICKET,
        "27312026000123456789",
        "第五百四十六条",
    ):
        assert said in page, said


def test_the_terms_show_the_whole_price():
    page = text(TERMS)
    for said in (
        "3.15 %",
        "167 天",
        "6,137.25 元",
        "413,862.75 元",
        "3.20 %",
        "2026-12-09 17:00:00",
        "无追索权",
    ):
        assert said in page, said
    assert "自行确认" not in page
    assert "自行确认" in text(replace(TERMS, self_certified=True))


def test_the_clearing_list_shows_each_line_and_the_sum():
    page = text(CLEARING)
    for said in ("6217000000000000123", "313361000010", "淮岳银行芜湖分行", "合计", "420,000.00"):
        assert said in page, said
