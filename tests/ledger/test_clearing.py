"""Clearing list, and the bank's pay-out file.

given holdings of several dates and issuances
  it should list those of the date, in the order of their numbers, with the sum to the fen
given a pay-out row that names no line, another amount, a line twice, no time, no reason or a future time
  it should report the row and take nothing of the file
given lines that are not in the file
  it should report them as missing
given a file of paid and returned lines
  it should read them, from CSV and from the list that the bank filled in
"""

from dataclasses import replace
from datetime import date

import pytest

from ledger.clearing import ClearingList, Holding, PayeeAccount, clearing_csv, clearing_list
from ledger.clock import parse_instant
from ledger.payouts import PaidLine, PayoutRefused, ReturnedLine, parse_payouts, payouts_csv
from ledger.sheets import InvalidFile

DAY = date(2027, 5, 24)
NOON = parse_instant("2027-05-24 12:00")
ISSUANCE, OTHER = "0x" + "1a" * 16, "0x" + "2b" * 16


def holding(number: str, holder: str, uscc: str, payable: int, issuance: str = ISSUANCE) -> Holding:
    account = PayeeAccount(holder, "淮岳银行芜湖分行", "6217000000000000123", "313361000010")
    ticket = issuance + number.encode().hex().rjust(32, "0")
    return Holding(ticket, number, issuance, "岚工重装股份", holder, uscc, account, DAY, payable, payable)


WUZE = holding("GT-000001-1", "芜泽精密", "91340200MA9DEM116C", 10_000_001)
XICHUAN = holding("GT-000001-2", "锡川紧固件", "91320200MA9DEM124Y", 20_000_000)
CHUHENG = holding("GT-000002-1-1", "滁恒表面处理", "91341100MA9DEM212W", 5_000_099, OTHER)
EARLIER = replace(holding("GT-000004", "皖岳铸锻", "91340100MA9DEM01XQ", 7), payment_date=date(2027, 5, 21))
LATER = replace(holding("GT-000003", "皖岳铸锻", "91340100MA9DEM01XQ", 7), payment_date=date(2027, 6, 1))
SPENT = holding("GT-000001", "皖岳铸锻", "91340100MA9DEM01XQ", 0)
ALL = (CHUHENG, LATER, XICHUAN, SPENT, WUZE)
HEADER = "金票编号,金额(元),结果,付款时间,退汇原因\n"


def lines() -> ClearingList:
    return clearing_list(ALL, DAY)


def test_the_clearing_list_has_one_line_for_each_holder_who_can_be_paid():
    unfunded = replace(CHUHENG, payable=0)
    clearing = clearing_list([unfunded, XICHUAN, EARLIER, SPENT, LATER, WUZE], DAY)
    assert [row.number for row in clearing.rows] == ["GT-000001-1", "GT-000001-2"]
    assert clearing.total == 30_000_001
    assert clearing.rows[0].account.cnaps == "313361000010"


def test_lines_stand_in_the_order_in_which_people_count():
    tenth = holding("GT-000001-10", "禾益电控", "91330400MA9DEM1328", 1, OTHER)
    numbers = [row.number for row in clearing_list([CHUHENG, tenth, XICHUAN], DAY).rows]
    assert numbers == ["GT-000001-2", "GT-000001-10", "GT-000002-1-1"]


@pytest.mark.parametrize(
    ("row", "column", "problem"),
    [
        ("GT-000009,1.00,paid,2027-05-24 10:00,", "金票ID", "no such line"),
        (",1.00,paid,2027-05-24 10:00,", "金票ID", "names no ticket"),
        ("GT-000001-1,100000.00,paid,2027-05-24 10:00,", "金额(元)", "has 100,000.01 for GT-000001-1"),
        ("GT-000001-1,100000.02,paid,2027-05-24 10:00,", "金额(元)", "has 100,000.01 for GT-000001-1"),
        ("GT-000001-1,100000.02,退汇,,账户已销户", "金额(元)", "has 100,000.01 for GT-000001-1"),
        ("GT-000001-1,-1,paid,2027-05-24 10:00,", "金额(元)", "below zero"),
        ("GT-000001-1,100000.01,maybe,2027-05-24 10:00,", "结果", "is no result"),
        ("GT-000001-1,100000.01,,2027-05-24 10:00,", "结果", "empty"),
        ("GT-000001-1,100000.01,paid,,", "付款时间", "no time of payment"),
        ("GT-000001-1,100000.01,paid,2027-05-24,", "付款时间", "not a date and time"),
        ("GT-000001-1,100000.01,paid,2027-05-24 12:01,", "付款时间", "in the future"),
        ("GT-000001-1,100000.01,paid,2027-05-24 10:00,销户", "退汇原因", "reason of return"),
        ("GT-000001-1,100000.01,退汇,,", "退汇原因", "no reason"),
        ("GT-000001-2,200000.00,已付,2027-05-24 10:00,", "金票ID", "in row 2 too"),
    ],
)
def test_a_wrong_row_is_reported_and_nothing_taken(row, column, problem):
    data = f"{HEADER}GT-000001-2,200000.00,paid,2027-05-24 09:00,\n{row}\n"
    read = parse_payouts(data.encode(), lines().rows, NOON)
    assert read.paid == read.returned == ()
    assert len(read.missing) == 3
    (error,) = read.errors
    assert (error.row, error.column) == (3, column)
    assert problem in error.problem
    assert error.way_out
    with pytest.raises(PayoutRefused, match="row 3"):
        read.require()


def test_a_line_may_have_been_paid_this_second():
    data = f"{HEADER}GT-000001-2,200000.00,paid,2027-05-24 12:00,\n"
    assert parse_payouts(data.encode(), lines().rows, NOON).require().paid[0].paid_at == NOON


def test_a_number_and_an_id_that_disagree_are_an_error():
    data = f"ticket id,number,amount,result,paid at\n{WUZE.ticket},GT-000001-2,200000,paid,2027-05-24 10:00\n"
    (error,) = parse_payouts(data.encode(), lines().rows).errors
    assert "no such line" in error.problem
    assert error.value == "GT-000001-2"
    (error,) = parse_payouts(
        data.replace("GT-000001-2", "").replace("0x1a", "0xff").encode(), lines().rows
    ).errors
    assert error.value == WUZE.ticket.replace("0x1a", "0xff"), "the id, where there is no number"


def test_a_file_without_results_is_refused():
    with pytest.raises(InvalidFile, match="结果"):
        parse_payouts("金票编号,金额(元)\nGT-000001-1,1\n".encode(), lines().rows)


def test_paid_returned_and_missing_lines_are_told_apart():
    data = f"{HEADER}GT-000001-2,200000.00,已付,2027-05-24 09:00,\nGT-000001-1,100000.01,退汇,,账户已销户\n"
    read = parse_payouts(data.encode("gb18030"), lines().rows, NOON).require()
    assert read.paid == (PaidLine(2, XICHUAN.ticket, 20_000_000, parse_instant("2027-05-24 09:00"), ""),)
    assert read.returned == (ReturnedLine(3, WUZE.ticket, 10_000_001, "账户已销户", ""),)
    assert [row.number for row in read.missing] == ["GT-000002-1-1"]


def test_a_written_file_reads_back():
    paid = PaidLine(2, WUZE.ticket, 10_000_001, NOON, "HY20270524001")
    back = ReturnedLine(3, CHUHENG.ticket, 5_000_099, "账户已销户", "HY20270524002")
    read = parse_payouts(payouts_csv([paid, back]), lines().rows, NOON).require()
    assert (read.paid, read.returned) == ((paid,), (back,))


def test_the_clearing_list_comes_back_with_its_results_filled_in():
    text = clearing_csv(lines()).decode("utf-8-sig")
    assert text.splitlines()[1] == (
        f"GT-000001-1,{WUZE.ticket},芜泽精密,91340200MA9DEM116C,芜泽精密,淮岳银行芜湖分行,"
        '6217000000000000123,313361000010,"100,000.01",,,,'
    )
    filled = text.replace(",,,,", ",已付,2027-05-24 09:00:00,,HY1")
    read = parse_payouts(filled.encode(), lines().rows, NOON).require()
    assert sum(line.amount for line in read.paid) == lines().total
    assert read.missing == ()
