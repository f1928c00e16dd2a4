"""A filled ledger: every operation that changes something succeeds in it once, and in each company's own affairs stands
a text that only those may read whom it concerns."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from ledger.addresses import parse_address
from ledger.clock import parse_instant, utc_text
from ledger.ids import Uscc, keccak256, to_hex
from ledger.money import Fen
from ledger.payable_file import payables_csv
from ledger.payables import Invoice, Payable
from ledger.payouts import PaidLine, ReturnedLine, payouts_csv
from tests.api.complete import complete_offer
from tests.api.hostile.desk import Desk
from tests.api.live import KNOWN
from tests.api.office import child
from tests.support.actors import (
    CHANGLI,
    CHENGHAI,
    CHUHENG,
    HEYI,
    HUAIYUE,
    LANGONG,
    LANWAN,
    NANHUAI,
    PANEL,
    QIANCHAO,
    REGISTRAR,
    SUHENG,
    WANYUE,
    WUZE,
    XICHUAN,
    YONGTUO,
    Key,
    Party,
    Role,
    party,
)
from tests.support.world import DAY, World, at

PAPER = to_hex(keccak256(b"paper"))
NEWCOMER = party("qingchuan", 16, "91320400MA9DEM240L", Role.SUPPLIER, "晴川机加工")
ALL = frozenset(one.id for one in KNOWN)
LOST = Key("changli after the loss")
BANKS = (LANWAN, NANHUAI)
SOON = date(2026, 12, 2)
BIG, PART = 60_000_000, 10_000_000


class Town(Desk):
    """`tickets`: by a name of ours."""

    def __init__(self, world: World, book: Any = None) -> None:
        self.tickets: dict[str, str] = {}
        super().__init__(world, book)
        self._fill()

    def _fill(self) -> None:
        self.admit(QIANCHAO)
        self._payables()
        self._begun()
        self._settled()
        self._overdue()
        self._passed_on()
        self._offers()
        self._financing()
        self._orders()
        self._papers()
        self._governed()
        self._undone()
        self._brought()

    def _payables(self) -> None:
        """Each core has some of which nothing was opened, and one of which a ticket was."""
        for core, supplier, name in ((LANGONG, WANYUE, "one"), (CHENGHAI, SUHENG, "two")):
            free = [self._payable(core, supplier, number, core) for number in (1, 2)]
            # who holds a part, or is offered one, reads the undertaking
            holders = (
                (WUZE, XICHUAN, CHUHENG, HEYI, NANHUAI, YONGTUO, CHANGLI) if core == LANGONG else (YONGTUO,)
            )
            used = self._payable(core, supplier, 3, core, supplier, HUAIYUE, *holders)
            files = {"file": ("payables.csv", payables_csv([*free, used]))}
            self.done(core, "/payables/imports", files=files)
            key = {"supplier": supplier.uscc, "invoice": used.invoices[0].number}
            acts = self.done(core, "/issuances", {"payables": [key]})["acts"]
            self.tickets[name] = self.carry(acts[0], core, supplier)["id"][:34] + "0" * 32

    def _begun(self) -> None:
        """What takes 14 days: another clearing bank, other keys."""
        body = {"issuance": self.tickets["two"][:34], "bank": QIANCHAO.id, "evidence": PAPER}
        act = self.done(CHENGHAI, "/settle/replacements", body)
        self.carry(act, CHENGHAI, QIANCHAO, LANWAN, NANHUAI, REGISTRAR)
        keys = [{"address": parse_address(LOST.address), "right": "sole"}]
        body = {"keys": keys, "evidence": PAPER}
        act = self.done(HUAIYUE, f"/participants/{CHANGLI.id}/recoveries", body)
        seat = next(seat for seat in act["seats"] if seat["kind"] == "key")
        signature = to_hex(LOST.sign(bytes.fromhex(seat["digest"][2:])))
        self.done(HUAIYUE, f"/acts/{act['id']}/signatures", {"signature": signature, "place": seat["place"]})
        self.carry(act, HUAIYUE, LANWAN, NANHUAI)

    def _payable(self, core: Party, supplier: Party, number: int, *audience: Party) -> Payable:
        order = self.secret(f"PO-{core.name}-{number}-PRIVATE", *audience)
        invoice = self.secret(f"2634{core.id:06d}{number:010d}", *audience)
        shares = (Invoice("", invoice, Fen(BIG)),)
        return Payable(
            Uscc(core.uscc),
            Uscc(supplier.uscc),
            supplier.title,
            order,
            f"GR-{number}",
            date(2026, 11, 1),
            shares,
            Fen(BIG),
            date(2027, 4, 21),
        )

    def soon(self, core: Party, supplier: Party) -> str:
        """A ticket that is due in some days."""
        number = 100 + len(self.tickets)
        told = (core, supplier, HUAIYUE, WUZE, XICHUAN)
        payable = replace(self._payable(core, supplier, number, *told), due=SOON)
        self.done(core, "/payables/imports", files={"file": ("p.csv", payables_csv([payable]))})
        key = {"supplier": supplier.uscc, "invoice": payable.invoices[0].number}
        act = self.done(core, "/issuances", {"payables": [key], "grace_days": 0})["acts"][0]
        return str(self.carry(act, core, supplier)["id"][:34] + "0" * 32)

    def _settled(self) -> None:
        """Funded; one line paid, one that came back, one that is still to come."""
        ticket = self.tickets["settled"] = self.soon(LANGONG, WANYUE)
        self.tickets["overdue"] = self.soon(CHENGHAI, SUHENG)
        back, left = self.passed(WANYUE, ticket, (WUZE, PART), (XICHUAN, PART))
        self.tickets |= {"came back": back, "still to be paid": left}
        self.until(at(2026, 12, 3, 9))
        ref = self.secret("HY-FUND-PRIVATE", HUAIYUE, LANGONG)
        self.secret(ref.encode().hex(), HUAIYUE, LANGONG)
        legs = [{"issuance": ticket[:34], "amount": str(BIG)}]
        self.carry(self.done(HUAIYUE, "/settle/fundings", {"ref": ref, "legs": legs}), HUAIYUE)
        for who in (LANGONG, HUAIYUE):
            listed = self.done(who, "/settle/clearing-lists", {"date": SOON.isoformat()})
        for holder in (WANYUE, WUZE, XICHUAN):  # a core makes the list that it hands to its bank
            self.secret(self.file(holder).account.number, LANGONG)
        reason = self.secret("账户已销户-PRIVATE", HUAIYUE, WUZE)
        paid = [line for line in listed["lines"] if line["ticket"] == ticket]
        rows: list[PaidLine | ReturnedLine] = [
            PaidLine(0, ticket, Fen(int(paid[0]["payable"])), self.world.now - 60, ""),
            ReturnedLine(0, back, Fen(PART), reason, ""),
        ]
        ref = self.secret("HY-PAY-PRIVATE", HUAIYUE, WUZE)
        data = {"clearing_list": listed["hash"], "ref": ref}
        files = {"file": ("paid.csv", payouts_csv(rows))}
        made = self.done(HUAIYUE, "/settle/pay-outs/files", files=files, data=data)
        self.carry(made["acts"][0], HUAIYUE)

    def _overdue(self) -> None:
        """Not funded and reported; another clearing bank is to come."""
        self.done(SUHENG, "/settle/overdue", {"issuance": self.tickets["overdue"][:34]})

    def _passed_on(self) -> None:
        """Down to tier 3; a receiver knows its own contract alone."""
        one = self.tickets["one"]
        wuze, xichuan = self.passed(WANYUE, one, (WUZE, 3 * PART), (XICHUAN, PART + 123))
        self.sum(PART + 123, XICHUAN, WANYUE, LANGONG, *PANEL)
        chuheng, heyi = self.passed(WUZE, wuze, (CHUHENG, PART), (HEYI, PART))
        self.tickets |= {"wuze": wuze, "xichuan": xichuan, "chuheng": chuheng, "heyi": heyi}

    def passed(self, holder: Party, ticket: str, *children: tuple[Party, int]) -> list[str]:
        """Children that all their receivers accept, each with a contract of its own."""
        act = self.offered(holder, ticket, *children)
        self.carry(act, holder, *(to for to, _ in children))
        return [leg["id"] for leg in act["legs"]]

    def offered(self, holder: Party, ticket: str, *children: tuple[Party, int]) -> Any:
        """An offer, drafted. Banks that are asked later see the contracts behind a ticket."""
        listed = []
        for to, value in children:
            given = child(holder, to, value, self.secret(f"HT-{holder.name}-{to.name}-PRIVATE", holder, to))
            number = self.secret(f"2699{holder.id:08d}{to.id:08d}", holder, to)
            given["trade"]["invoice"]["number"] = number
            listed.append(given)
        return self.done(holder, "/offers", {"ticket": ticket, "children": listed})

    def _offers(self) -> None:
        """One child rejected, one waiting, one that nobody has looked at; and a withdrawal."""
        act = self.offered(
            WANYUE, self.tickets["one"], (HEYI, 100_000), (YONGTUO, 200_000), (CHANGLI, 300_000)
        )
        self.done(WANYUE, f"/acts/{act['id']}/sign")
        for leg in act["legs"]:
            if leg["party"]["id"] == HEYI.id:
                reason = {"reason": self.secret("货未到-PRIVATE", WANYUE, HEYI)}
                self.done(HEYI, f"/acts/{act['id']}/legs/{leg['id']}/reject", reason)
        self.post(CHANGLI, f"/acts/{act['id']}/sign", role="maker")
        self.done(WANYUE, f"/offers/{act['id']}/withdrawals", {"places": [2]})
        self.offered(SUHENG, self.tickets["two"], (YONGTUO, PART + 457))
        self.sum(PART + 457, SUHENG, YONGTUO)
        self.sum(BIG - PART - 457, SUHENG, CHENGHAI)

    def _financing(self) -> None:
        """Open; chosen and locked; released; declined. What a bank asks is its and the holder's business."""
        self.until(at(2026, 12, 8, 9))
        for holder, above in ((XICHUAN, WANYUE), (WUZE, WANYUE), (CHUHENG, WUZE), (HEYI, WUZE)):
            for bank in BANKS:  # look-through: all trades that led to the ticket
                self.secret(f"HT-{above.name}-{holder.name}-PRIVATE", bank)
                self.secret(f"2699{above.id:08d}{holder.id:08d}", bank)
        self._asked(XICHUAN, "xichuan", 1_000_000)
        self._locked(WUZE, "wuze", LANWAN, 1_500_000)
        lock = self._locked(CHUHENG, "chuheng", NANHUAI, PART)
        ref = self.secret("HY-RECEIPT-PRIVATE", HUAIYUE, NANHUAI, CHUHENG)
        receipt = self.done(HUAIYUE, "/finance/receipts", {"lock": lock, "ref": ref})
        self.carry(receipt, HUAIYUE)
        lock = self._locked(HEYI, "heyi", LANWAN, 2_000_000)
        expiry = parse_instant(self.seen(HEYI, f"/finance/locks/{lock}")["expiry"])
        self.carry(self.done(HEYI, f"/finance/locks/{lock}/cancel"), HEYI, LANWAN)
        assert expiry > self.world.now

    def _asked(self, holder: Party, name: str, value: int) -> tuple[str, dict[int, str]]:
        """A request and the ids of its quotes by bank."""
        body = {"ticket": self.tickets[name], "value": str(value), "banks": [bank.id for bank in BANKS]}
        asked = str(self.done(holder, "/finance/requests", body)["id"])
        quotes = {}
        for place, bank in enumerate(BANKS):
            number = self.secret(f"ZDW-{holder.name}-{bank.name}-PRIVATE"[:32], holder, bank)
            fee = self.secret(str(1_111_003 * 10 + holder.id * 10_000 + place * 37)[-5:] + "77", holder, bank)
            price = {
                "rate": 300 + 7 * place,
                "fee": fee[:3],
                "money_on": "2026-12-08",
                "registration": number,
            }
            quotes[bank.id] = str(self.done(bank, f"/finance/requests/{asked}/quotes", price)["id"])
        return asked, quotes

    def _locked(self, holder: Party, name: str, bank: Party, value: int, **terms: str) -> str:
        """The lock of the bank's quote, signed by both; debtor and clearing bank are told of the assignment."""
        asked, quotes = self._asked(holder, name, value)
        act = self.done(holder, f"/finance/requests/{asked}/choose", {"quote": quotes[bank.id], **terms})
        self.secret(f"ZDW-{holder.name}-{bank.name}-PRIVATE"[:32], LANGONG, HUAIYUE)
        return str(self.carry(act, holder, bank)["legs"][0]["id"])

    def _orders(self) -> None:
        """A court's order that runs, and one that waits for the panel."""
        for number, ticket, holder in ((1, "xichuan", XICHUAN), (2, "two", SUHENG)):
            told = (holder, *PANEL) if number == 1 else PANEL
            body = {
                "ticket": self.tickets[ticket],
                "number": self.secret(f"(2026)皖01执保{number}号-PRIVATE", *told),
                "amount": "500000",
                "end": utc_text(self.world.now + 90 * DAY),
                "evidence": PAPER,
            }
            act = self.done(LANWAN, "/freezes", body)
            if number == 1:
                self.carry(act, LANWAN, NANHUAI, HUAIYUE)

    def _papers(self) -> None:
        """Files, keys, limits and admissions on their way."""
        file = self.file(YONGTUO).to_dict()
        file["account"]["number"] = self.secret("6222990000000099", YONGTUO, HUAIYUE)
        self.done(YONGTUO, f"/participants/{YONGTUO.id}/profile", {"file": file})
        key = {"address": NEWCOMER.sole.address, "right": "checker"}
        self.done(CHANGLI, f"/participants/{CHANGLI.id}/signers", {"add": [key]})
        admission = {
            "file": self.file(NEWCOMER).to_dict(),
            "roles": ["supplier"],
            "clearing_bank": HUAIYUE.id,
            "keys": [{"address": key.address, "right": right} for key, right in _keys(NEWCOMER)],
            "bank": LANWAN.id,
        }
        for text in (self.file(NEWCOMER).account.number, f"联系人{NEWCOMER.name}"):
            self.secret(text, REGISTRAR, LANWAN)
        self.secret(f"{NEWCOMER.name}@private.example.cn", REGISTRAR, LANWAN)
        self.done(REGISTRAR, "/participants/admissions", admission)
        limit = {"core": LANGONG.id, "amount": "90000000000", "expiry": utc_text(self.world.now + 300 * DAY)}
        self.done(HUAIYUE, "/limits", limit)
        halt = {"core": CHENGHAI.id, "halted": True, "evidence": PAPER}
        self.done(LANWAN, "/limits/halts", halt)
        self.done(CHENGHAI, f"/issuances/{self.tickets['two'][:34]}/void", {"evidence": PAPER})

    def _governed(self) -> None:
        """What panel and registrar prepare."""
        for path, body in (
            (f"/participants/{YONGTUO.id}/suspensions", {"until": utc_text(self.world.now + DAY)}),
            ("/panel", {"members": [1, 2, 3, 4], "threshold": 2}),
            ("/stops", {"stages": ["transfer"], "until": utc_text(self.world.now + DAY)}),
            ("/closures", {}),
            ("/limits/policy", {"months": 9, "start": utc_text(self.world.now + 40 * DAY)}),
            ("/settle/waivers", {"issuance": self.tickets["overdue"][:34]}),
            ("/freezes/lift", {"ticket": self.tickets["xichuan"], "number": "(2026)皖01执保1号-PRIVATE"}),
        ):
            self.done(REGISTRAR, path, body | {"evidence": PAPER})
        message = {
            "party": str(HEYI.id),
            "until": str(self.world.now + DAY),
            "byPanel": False,
            "evidence": PAPER,
            "sequence": "0",
        }
        self.done(REGISTRAR, "/acts", {"kind": "Suspend", "message": message})
        for word, who in (("veto", CHANGLI), ("complete", CHANGLI)):
            self.done(who, f"/participants/{CHANGLI.id}/recoveries/{word}")
        for word, who in (("veto", HUAIYUE), ("complete", QIANCHAO)):
            self.done(who, f"/settle/replacements/{word}", {"issuance": self.tickets["two"][:34]})

    def _brought(self) -> None:
        """Acts that come with all their signatures."""
        one, two, three = (
            complete_offer(self, self.tickets["one"], WANYUE, YONGTUO, 170_000 + n, n) for n in range(3)
        )
        self.done(WANYUE, "/acts/complete", one)
        self.done(WANYUE, "/acts/bulk", {"items": [two]})
        self.post(WANYUE, "/acts/lines", three)

    def _undone(self) -> None:
        """What is taken back, owed, or returned."""
        self.done(SUHENG, f"/tickets/{self.tickets['two']}/withdrawals")
        asked, quotes = self._asked(XICHUAN, "xichuan", 1_200_000)
        path = f"/finance/requests/{asked}"
        number = {"number": self.secret("ZDW-LATER-PRIVATE", LANWAN, XICHUAN)}
        self.done(LANWAN, f"{path}/quotes/{quotes[LANWAN.id]}/registration", number)
        self.done(NANHUAI, f"{path}/quotes/{quotes[NANHUAI.id]}/withdrawals")
        self.done(XICHUAN, f"{path}/close")
        act = self.done(LANGONG, "/issuances", {"together": True})["acts"][0]
        self.done(LANGONG, f"/acts/{act['id']}/withdrawals")
        owed = child(WANYUE, YONGTUO, 150_000, self.secret("HT-OWED-PRIVATE", WANYUE, YONGTUO))
        invoice = owed["trade"].pop("invoice")
        owed["trade"]["owed_days"] = 20
        act = self.done(WANYUE, "/offers", {"ticket": self.tickets["one"], "children": [owed]})
        self.done(WANYUE, f"/acts/{act['id']}/sign")
        self.done(YONGTUO, f"/offers/{act['id']}/evidence", {"place": 0, "invoice": invoice})
        left = {
            "ticket": self.tickets["still to be paid"],
            "amount": "1",
            "paid_at": utc_text(self.world.now),
        }
        ref = self.secret("HY-LINES-PRIVATE", HUAIYUE)
        self.done(HUAIYUE, "/settle/pay-outs", {"ref": ref, "paid": [left]})
        lock = self._locked(WANYUE, "one", LANWAN, 1_300_000, expiry=utc_text(self.world.now + 7200))
        self.advance(3 * 3600)
        self.settle()
        self.done(CHANGLI, f"/finance/locks/{lock}/return")


def _keys(party: Party) -> list[tuple[Any, str]]:
    return [(party.maker, "maker"), (party.checker, "checker"), (party.sole, "sole")]
