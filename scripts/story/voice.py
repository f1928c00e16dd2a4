"""The story as a person tells it, in Chinese or English."""

from __future__ import annotations

import locale
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ledger.chain.reverts import REASONS, explain
from ledger.clock import SHANGHAI
from ledger.money import format_yuan
from ledger.ports import Refusal
from scripts.story.cast import Company, Human, by_id

LANGUAGES = ("zh", "en")


def language(given: str = "") -> str:
    """As asked, else by the locale: Chinese where it says so, English everywhere else."""
    if given:
        return given
    wanted = next(
        (os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), ""
    )
    return "zh" if (wanted or locale.getlocale()[0] or "").lower().startswith("zh") else "en"


class Voice:
    """Says each sentence in the language chosen. `quiet`: says nothing, for tests."""

    def __init__(self, lang: str, quiet: bool = False) -> None:
        self.lang = lang
        # tables are as wide as they are: an amount that is cut off would be worse than a line that wraps
        self._console = Console(highlight=False, soft_wrap=True, quiet=quiet, width=140)
        self._chapters = 0

    def pick(self, zh: str, en: str) -> str:
        """The one in this language."""
        return zh if self.lang == "zh" else en

    def chapter(self, zh: str, en: str) -> None:
        """A new chapter."""
        self._chapters += 1
        self._console.print()
        self._console.print(Text(f"{self._chapters}. {self.pick(zh, en)}", style="bold yellow"))

    def say(self, zh: str, en: str) -> None:
        """One step."""
        self._console.print(Text(f"   {self.pick(zh, en)}"))

    def no(self, zh: str, en: str) -> None:
        """One refusal."""
        self._console.print(Text(f"   ✗ {self.pick(zh, en)}", style="red"))

    def yes(self, zh: str, en: str) -> None:
        """Something that came out right."""
        self._console.print(Text(f"   ✓ {self.pick(zh, en)}", style="green"))

    def table(
        self, headers: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]], right: int = 1
    ) -> None:
        """A table; columns from `right` on stand right."""
        table = Table(box=SIMPLE, pad_edge=False, show_edge=False)
        for place, header in enumerate(headers):
            table.add_column(self.pick(*header), justify="right" if place >= right else "left", no_wrap=True)
        for row in rows:
            table.add_row(*row)
        self._console.print(Padding(table, (0, 0, 0, 3), expand=False))

    def name(self, who: Company | Human) -> str:
        """A company or a person."""
        return self.pick(who.name, who.english if isinstance(who, Company) else who.latin)

    def names(self, whom: Iterable[Company | Human]) -> str:
        """Several of them."""
        return self.pick("、", ", ").join(self.name(who) for who in whom)

    def amount(self, fen: str | int) -> str:
        """An amount in fen for a table whose header says yuan."""
        return format_yuan(int(fen))

    def yuan(self, fen: str | int) -> str:
        """An amount in fen as people read it."""
        return f"{format_yuan(int(fen))} {self.pick('元', 'yuan')}"

    def day(self, moment: int) -> str:
        """The day in Shanghai of UTC seconds."""
        date = datetime.fromtimestamp(moment, SHANGHAI)
        weekday = "一二三四五六日"[date.weekday()]
        return self.pick(f"{date:%Y-%m-%d} 星期{weekday}", f"{date:%a %Y-%m-%d}")

    def reason(self, refusal: Refusal) -> str:
        """The contract's reason as people read it."""
        return explain(refusal, "zh" if self.lang == "zh" else "en", lambda party: self.name(by_id(party)))

    def problem(self, problem: dict[str, Any]) -> str:
        """A problem of the gateway in this language, where the contract has the same reason; else as it came."""
        name = "".join(part.title() for part in str(problem["code"]).split("-"))
        evidence = {
            key: int(value) if str(value).isdigit() else value for key, value in problem["evidence"].items()
        }
        try:
            return self.reason(Refusal(name, evidence, b"")) if name in REASONS else str(problem["detail"])
        except (KeyError, TypeError, ValueError):
            return str(problem["detail"])
