from __future__ import annotations

import pytest

from tests.api.office import Office
from tests.support.memory import MemoryBook


@pytest.fixture
def office() -> Office:
    return Office(MemoryBook())
