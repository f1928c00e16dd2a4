"""The ledger as a web3.py contract, for scripts and auditors who know that library.

Acts go through ledger.chain.contract, which is faster and decodes refusals; this is for looking around.
"""

from __future__ import annotations

from web3 import Web3
from web3.contract import Contract
from web3.middleware import ExtraDataToPOAMiddleware

from ledger.chain.artifact import load_artifact
from ledger.chain.deploy import Deployment


def as_web3_contract(url: str, deployment: Deployment, name: str = "GoldTicket") -> Contract:
    """GoldTicket, or `name="Lens"`, at a node's URL. Works on Clique and QBFT networks, whose headers are longer."""
    w3 = Web3(Web3.HTTPProvider(url))
    w3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
    address = deployment.lens if name == "Lens" else deployment.address
    return w3.eth.contract(address=Web3.to_checksum_address(address), abi=load_artifact(name)["abi"])
