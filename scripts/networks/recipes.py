"""The kinds of network by name."""

from __future__ import annotations

from collections.abc import Mapping

from scripts.networks.clique import Clique
from scripts.networks.plan import Recipe

RECIPES: Mapping[str, Recipe] = {recipe.name: recipe for recipe in (Clique(),)}
