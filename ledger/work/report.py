"""A verify report as a signed file: what was found, by which gateway, and that nobody has changed it since.

The signature is over the report's text (EIP-191, as a wallet signs a message), by the gateway's first relayer key:
its address stands on chain as the sender of this gateway's transactions. `goldticket verify --check FILE` recovers it;
so does any tool that knows `personal_sign`.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.errors import Invalid
from ledger.ids import keccak256, to_hex
from ledger.ports import Signer
from ledger.signatures import recover
from ledger.typed import Domain
from ledger.work.verify import Report


class NoReport(Invalid):
    """A file that is no signed report."""

    code = "no-report"
    title = "This is not a signed report"


@dataclass(frozen=True)
class Checked:
    """A report file whose signature is right. `signer`: who has signed it; `report`: what it says."""

    signer: str
    report: dict[str, Any]


def as_json(report: Report) -> dict[str, Any]:
    """A report as JSON values; amounts in fen as decimal strings."""
    return {
        "block": report.block,
        "hash": to_hex(report.hash),
        "events": report.events,
        "records": report.records,
        "words": report.words,
        "sums": {name: str(value) for name, value in report.sums.items()},
        "differences": list(report.differences),
        "verify": "ok" if report.clean else "differences",
    }


def write(file: Path, report: Report, domain: Domain, at: int, signer: Signer, address: str) -> None:
    """The report with its deployment, the time (UTC seconds) and the signature of `address`; unsigned if that is ""."""
    said = {
        "ledger": domain.address,
        "chain": domain.chain_id,
        "at": at,
        "by": address,
        **as_json(report),
    }
    text = _text(said)
    signature = to_hex(signer.sign(address, digest(text))) if address else ""
    signed = {"report": said, "signature": signature}
    file.write_text(json.dumps(signed, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def check(file: Path) -> Checked:
    """Who has signed the file's report. Raises NoReport when it was changed, or never was one."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        said, signature = found["report"], bytes.fromhex(found["signature"].removeprefix("0x"))
        if not signature:
            raise NoReport(f"{file} is not signed: who only observes has no key to sign with.")
        signer = recover(digest(_text(said)), signature)
    except NoReport:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, Invalid) as error:
        raise NoReport(f"{file} can't be read as a signed report: {error}.") from error
    if said.get("by") != signer:
        raise NoReport(
            f"{file} says that {said.get('by')} has signed it, its signature is of {signer}: it was changed after it "
            "was signed. Ask for the original."
        )
    return Checked(signer, said)


def doubts(checked: Checked, known: Collection[str], ledger: tuple[str, int] | None) -> list[str]:
    """Why a report whose signature is right need not be what it seems, as sentences. `known`: addresses whose word
    counts; `ledger`: contract and chain that it has to be about, None where that is not known here."""
    found = []
    if checked.signer not in known:
        found.append(
            f"{checked.signer} is not a key of this gateway, and anybody can sign: ask its owner for the address by a "
            "way that you trust, and give it with --by."
        )
    about = (str(checked.report.get("ledger")), checked.report.get("chain"))
    if ledger is not None and (about[0].lower(), about[1]) != (ledger[0].lower(), ledger[1]):
        found.append(
            f"It is about {about[0]} on chain {about[1]}, this home's ledger is {ledger[0]} on chain {ledger[1]}."
        )
    return found


def digest(text: str) -> bytes:
    """What is signed (EIP-191, version 0x45)."""
    data = text.encode()
    return keccak256(b"\x19Ethereum Signed Message:\n" + str(len(data)).encode() + data)


def _text(said: dict[str, Any]) -> str:
    """The same values always as the same text."""
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
