"""What every chapter needs: people sign acts, acts become final, refusals are shown and remembered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from scripts.story.cast import Company
from scripts.story.people import Person, Refused
from scripts.story.stage import Stage
from scripts.story.voice import Voice

OPEN = ("draft", "awaiting", "complete", "relayed")
RIGHT_WORDS = {"maker": ("经办", "maker"), "checker": ("复核", "checker"), "sole": ("单人", "sole")}

Act = dict[str, Any]


class WentWrong(Exception):
    """The story did not go as it should."""


@dataclass
class Story:
    """The stage, the voice, and what is remembered from chapter to chapter.

    `tickets`, `acts`: id by name. `issuances`: of the first core, standing; `split`: the one of them that is passed
    on; `late`: the other core's, which is paid late; `fresh`: the one it opens afterwards. `refusals`: code of each
    refusal, in order.
    """

    stage: Stage
    voice: Voice
    tickets: dict[str, str] = field(default_factory=dict)
    acts: dict[str, str] = field(default_factory=dict)
    issuances: list[dict[str, Any]] = field(default_factory=list)
    split: dict[str, Any] = field(default_factory=dict)
    late: dict[str, Any] = field(default_factory=dict)
    fresh: dict[str, Any] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)

    def maker(self, company: Company) -> Person:
        """Who drafts for a company."""
        return self.stage.maker(company)

    def sign(self, act: Act, *companies: Company) -> None:
        """Everybody of these companies signs, by their keys on the server."""
        for company in companies:
            for person in self.stage.of(company):
                person.post(f"/acts/{act['id']}/sign")

    def final(self, act: Act, company: Company) -> Act:
        """The act once the chain has taken it, as this company sees it. Raises WentWrong when it ends otherwise."""
        person, path = self.maker(company), f"/acts/{act['id']}"
        self.stage.until(lambda: person.get(path)["state"] not in OPEN, f"the {act['kind']} is mined")
        found: Act = person.get(path)
        if found["state"] != "final":
            reasons = [leg["reason"] for leg in found["legs"]]
            raise WentWrong(f"the {act['kind']} is {found['state']}: {reasons}")
        return found

    def carry(self, act: Act, *companies: Company) -> Act:
        """These companies sign, and the act becomes final."""
        self.sign(act, *companies)
        return self.final(act, companies[0])

    def carry_all(self, acts: Sequence[Act], *companies: Company) -> None:
        """As `carry`, for several acts that go to the chain together."""
        for act in acts:
            self.sign(act, *companies)
        for act in acts:
            self.final(act, companies[0])

    def signers(self, *companies: Company) -> str:
        """Who signs: `岚工重装股份 周敏(经办)、吴刚(复核)`."""
        return self.voice.pick("；", "; ").join(self._signers(company) for company in companies)

    def refused(self, work: Callable[[], object]) -> Refused:
        """What the API says to something it must refuse; remembered. Raises WentWrong if it went through."""
        try:
            work()
        except Refused as refusal:
            self.refusals.append(refusal.code)
            return refusal
        raise WentWrong("something went through that must be refused")

    def number(self, company: Company, ticket: str) -> str:
        """A ticket's number for people."""
        return str(self.maker(company).get(f"/tickets/{ticket}")["number"])

    def _signers(self, company: Company) -> str:
        people = [
            self.voice.pick(
                f"{p.human.name}({RIGHT_WORDS[p.human.right][0]})",
                f"{p.human.latin} ({RIGHT_WORDS[p.human.right][1]})",
            )
            for p in self.stage.of(company)
        ]
        return f"{self.voice.name(company)} {self.voice.pick('、', ', ').join(people)}"
