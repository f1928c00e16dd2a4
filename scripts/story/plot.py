"""The story from its first page to its last."""

from __future__ import annotations

from scripts.story import limits, participants
from scripts.story.story import Story

CHAPTERS = (participants, limits)


def tell(story: Story) -> None:
    """Every chapter in order."""
    for chapter in CHAPTERS:
        chapter.tell(story)
