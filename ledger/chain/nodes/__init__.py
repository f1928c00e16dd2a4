"""Development chains by subprocess, and networks that exist already.

with start_node("ganache", Path(".goldticket/chain")) as node:
    ...node.url, node.engine, node.advance_time(86_400)
"""

from ledger.chain.nodes.errors import NodeFailed, NodeRefused, NodeUnreachable, PortTaken, ToolMissing
from ledger.chain.nodes.node import DevNode, NetworkNode, Node
from ledger.chain.nodes.recipes import DEFAULT_ENGINE, DEV_MNEMONIC, RECIPES, NodeOptions
from ledger.chain.nodes.start import first_chain_id, open_network, read_chain_id, start_node

__all__ = [
    "DEFAULT_ENGINE",
    "DEV_MNEMONIC",
    "RECIPES",
    "DevNode",
    "NetworkNode",
    "Node",
    "NodeFailed",
    "NodeOptions",
    "NodeRefused",
    "NodeUnreachable",
    "PortTaken",
    "ToolMissing",
    "first_chain_id",
    "open_network",
    "read_chain_id",
    "start_node",
]
