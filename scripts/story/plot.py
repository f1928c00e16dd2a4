"""The story from its first page to its last."""

from __future__ import annotations

from scripts.story import (
    finance,
    freeze,
    issue,
    limits,
    overdue,
    participants,
    payables,
    refusals,
    settle,
    transfer,
)
from scripts.story.story import Story


def tell(story: Story) -> None:
    """Every chapter in order."""
    participants.tell(story)
    limits.tell(story)
    payables.tell(story)
    issue.tell(story)
    overdue.begin(story)
    transfer.tell(story)
    finance.tell(story)
    freeze.tell(story)
    settle.tell(story)
    overdue.tell(story)
    refusals.tell(story)
