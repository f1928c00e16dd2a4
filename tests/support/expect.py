"""What a test expects of a refusal: its name and, as far as named, its evidence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.abi import Reverted, decode_error


@contextmanager
def refused(error: str, **evidence: Any) -> Iterator[None]:
    """The block is refused with this error of the contract."""
    with pytest.raises(Reverted) as caught:
        yield
    expect_refusal(caught.value, error, **evidence)


def expect_refusal(refusal: Reverted | bytes | None, error: str, **evidence: Any) -> None:
    """A refusal that came in a receipt, a relay's result or an event (as bytes)."""
    found = decode_error(refusal) if isinstance(refusal, bytes) else refusal
    assert found is not None, f"not refused, where {error} was expected"
    shown = {"error": found.name, **{key: found.evidence.get(key) for key in evidence}}
    assert shown == {"error": error, **evidence}, str(found)
