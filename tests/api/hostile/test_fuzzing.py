"""Schemathesis over the whole OpenAPI document, by every role.

given a request that fits the document, or one that breaks it in one place
  when each role sends it: no answer should be our fault, and each be one that the document foresees
given requests that follow the links of the answers before
  when they are sent, signed and carried out by the contract: no answer should be our fault or unforeseen
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

pytest.importorskip("pyrevm")

from schemathesis import GenerationMode
from schemathesis.core.transport import Response

from tests.api.hostile.fuzzing import DOCUMENT, ROUTES, Fuzzed
from tests.api.hostile.town import Town
from tests.support.books import rewinding_book
from tests.support.world import ready_world

OPERATIONS = {one.ok().definition.raw["operationId"]: one.ok() for one in DOCUMENT.get_all_operations()}
BREAKABLE = [id_ for id_ in OPERATIONS if ROUTES[id_].guarded]
"""The others have nothing that could be wrong."""
FEW, MANY = 3, 20
SCENARIOS, STEPS = 8, 15
LONG_SCENARIOS, LONG_STEPS = 60, 30


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[Fuzzed]:
    with rewinding_book() as book:
        yield Fuzzed(Town(ready_world(), book))


def profile(examples: int, steps: int = 1) -> settings:
    """Bounded and the same every time."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def requests_of(fuzzed: Fuzzed, id_: str, mode: GenerationMode, examples: int) -> None:
    """So many requests of one operation, each by every role."""

    @profile(examples)
    @given(case=OPERATIONS[id_].as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        with fuzzed.town.untouched():
            fuzzed.send(case, known=mode is GenerationMode.POSITIVE)

    run()


def scenarios(fuzzed: Fuzzed, count: int, steps: int) -> None:
    """Requests that follow one another by the document's links."""

    class Walk(DOCUMENT.as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            self._inside = fuzzed.rewound()
            self._inside.__enter__()

        def teardown(self) -> None:
            self._inside.__exit__(None, None, None)

        def call(self, case: Any, **_: Any) -> Response:
            return fuzzed.send(case, known=False, told=True)

        def validate_response(self, *_: Any, **__: Any) -> None:
            """Each role's answer was judged when it came."""

    Walk.run(settings=profile(count, steps))


def test_nothing_of_the_document_is_left_out() -> None:
    assert set(OPERATIONS) == set(ROUTES)


@pytest.mark.parametrize("id_", OPERATIONS)
def test_requests_that_fit(id_: str, fuzzed: Fuzzed) -> None:
    requests_of(fuzzed, id_, GenerationMode.POSITIVE, FEW)


@pytest.mark.parametrize("id_", BREAKABLE)
def test_requests_that_break_it(id_: str, fuzzed: Fuzzed) -> None:
    requests_of(fuzzed, id_, GenerationMode.NEGATIVE, FEW)


def test_links(fuzzed: Fuzzed) -> None:
    scenarios(fuzzed, SCENARIOS, STEPS)


def test_something_succeeds(fuzzed: Fuzzed) -> None:
    """Runs after the others: requests that all fail would prove nothing."""
    found = Counter(status // 100 for _, status in fuzzed.statuses.elements())
    assert found[2] > 200, found
    assert found[4] > 200, found


@pytest.mark.slow
@pytest.mark.parametrize("id_", OPERATIONS)
def test_many_requests(id_: str, fuzzed: Fuzzed) -> None:
    for mode in GenerationMode:
        if mode is GenerationMode.POSITIVE or id_ in BREAKABLE:
            requests_of(fuzzed, id_, mode, MANY)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_many_links(fuzzed: Fuzzed) -> None:
    scenarios(fuzzed, LONG_SCENARIOS, LONG_STEPS)
