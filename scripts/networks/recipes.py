"""The kinds of network by name."""

from __future__ import annotations

from collections.abc import Mapping

from scripts.networks.clique import Clique
from scripts.networks.cometbft import CometBft
from scripts.networks.plan import Recipe
from scripts.networks.qbft import Besu, GoQuorum

RECIPES: Mapping[str, Recipe] = {
    "clique": Clique(),
    "qbft": Besu(),
    "goquorum": GoQuorum(),
    "cometbft": CometBft(),
}
