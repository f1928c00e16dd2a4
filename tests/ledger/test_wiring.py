"""The background work of a gateway.

given relay and watcher whose step fails
    when nobody reads the log any more
        it should say why the work stands still, and go on with the next step
    when a step succeeds again
        it should say nothing more
"""

from __future__ import annotations

import dataclasses
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from ledger import wiring
from ledger.errors import Unavailable
from ledger.wiring import App


@pytest.mark.parametrize(
    ("error", "said"),
    [(Unavailable("No node answers."), "No node answers."), (KeyError("act"), "an error inside Gold Ticket")],
)
def test_the_work_goes_on_without_a_reader_of_the_log(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def unread(*_: Any, **__: Any) -> None:
        raise BrokenPipeError

    seen: list[str] = []
    mended = threading.Event()

    class Failing(App):
        def step(self) -> int:
            seen.append(self.failure)
            if len(seen) < 3:
                raise error
            mended.set()
            return 0

    monkeypatch.setattr(wiring, "log", SimpleNamespace(warning=unread, error=unread))
    parts: dict[str, Any] = {
        field.name: None for field in dataclasses.fields(App) if field.default is dataclasses.MISSING
    }
    parts |= {"settings": SimpleNamespace(poll_seconds=0.001), "forgetting": SimpleNamespace(step=lambda: 0)}
    app = Failing(**{name: part for name, part in parts.items() if not name.startswith("_")})
    thread = threading.Thread(target=app._run)
    thread.start()
    try:
        assert mended.wait(10)
        assert seen[0] == ""
        assert all(text.startswith(said) for text in seen[1:3])
    finally:
        app._stop.set()
        thread.join(10)
    assert app.failure == ""
