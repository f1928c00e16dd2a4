from __future__ import annotations

import pytest

from tests.api.office import Office
from tests.support.books import fresh_book


@pytest.fixture
def office() -> Office:
    return Office(fresh_book())
