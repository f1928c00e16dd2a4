"""The crash simulation: a gateway that is killed at any of its calls, and a node that does what nodes do."""
