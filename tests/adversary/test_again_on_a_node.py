"""What was tried in process, tried again on a real node: the same scenarios, each transaction mined.

given anvil in the place of the EVM in process
    it should refuse and carry out the same, refused transactions standing in blocks
"""

from __future__ import annotations

from tests.contracts.test_adversary import *  # noqa: F403
from tests.contracts.test_relay import *  # noqa: F403
