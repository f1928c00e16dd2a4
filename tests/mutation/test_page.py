"""docs/mutation.md says of the contracts what was found.

given the verdicts written down
    it should give their sum, and a reason for each mutant that survived
    it should hold at least 150 decided, 95 in a hundred killed
"""

from __future__ import annotations

import json
from pathlib import Path

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "mutation.md").read_text(encoding="utf-8")


def test_the_page_says_what_was_found() -> None:
    lines = (HERE / "results.jsonl").read_text(encoding="utf-8").splitlines()
    verdicts = {row["id"]: row["verdict"] for row in map(json.loads, lines)}
    killed, survived = (
        [id for id, said in verdicts.items() if said == word] for word in ("killed", "survived")
    )
    decided = len(killed) + len(survived)
    assert decided >= 150
    assert len(killed) / decided >= 0.95
    assert f"killed {len(killed)} of {decided} ({100 * len(killed) / decided:.1f} %)" in PAGE
    assert [id for id in survived if f"| {id} |" not in PAGE] == []
