"""(4) What a user would write: a gateway over web3.py, one transaction a request, answered when it is mined.

Run as its own process: `python -m scripts.bench_steps.plain NODE_URL CONTRACT KEY`; prints its URL.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
from typing import Any

import uvicorn
from fastapi import FastAPI
from web3 import HTTPProvider, Web3

from ledger.chain.artifact import load_artifact


def create(url: str, contract: str, key: str) -> FastAPI:
    """POST /transfers with the arguments of `transfer` as JSON; answers with the block."""
    web3 = Web3(HTTPProvider(url))
    ledger = web3.eth.contract(
        address=Web3.to_checksum_address(contract), abi=load_artifact("GoldTicket")["abi"]
    )
    account = web3.eth.account.from_key(key)
    turn = threading.Lock()
    nonces: dict[str, Any] = {"next": web3.eth.get_transaction_count(account.address)}
    api = FastAPI()

    @api.post("/transfers")
    def transfer(body: dict[str, Any]) -> dict[str, int]:
        call = ledger.functions.transfer(body)
        gas = call.estimate_gas({"from": account.address})
        with turn:
            made = call.build_transaction(
                {"from": account.address, "nonce": nonces["next"], "gas": gas, "gasPrice": web3.eth.gas_price}
            )
            sent = web3.eth.send_raw_transaction(account.sign_transaction(made).raw_transaction)
            nonces["next"] += 1
        receipt = web3.eth.wait_for_transaction_receipt(sent)
        return {"status": receipt["status"], "block": receipt["blockNumber"]}

    return api


def main() -> None:
    """Serves until killed."""
    listening = socket.create_server(("127.0.0.1", 0))
    print(json.dumps({"url": f"http://127.0.0.1:{listening.getsockname()[1]}"}), flush=True)
    config = uvicorn.Config(create(*sys.argv[1:4]), log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
