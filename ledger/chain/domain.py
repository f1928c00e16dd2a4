"""The EIP-712 domain of a deployment, read only after it is certain that our own code runs there."""

from __future__ import annotations

from ledger.chain import codec
from ledger.chain.artifact import is_our_code, linked_libraries, load_artifact
from ledger.chain.deploy import Deployment, InvalidDeployment
from ledger.chain.engine import Engine
from ledger.chain.rpc import Rpc
from ledger.typed import Domain


def read_domain(rpc: Rpc, engine: Engine, deployment: Deployment) -> Domain:
    """The domain of a deployment, once it is certain that our code runs there. Raises InvalidDeployment."""
    address = deployment.address
    chain_id = int(rpc.call("eth_chainId"), 16)
    if not chain_id == engine.chain_id == deployment.chain_id:
        raise InvalidDeployment(
            f"the node serves chain {chain_id}, the settings say {engine.chain_id}, the ledger was deployed on "
            f"{deployment.chain_id}: correct the node's address or the settings"
        )
    _require_code(rpc, deployment)
    views = [{"to": address, "data": _hex(codec.encode_call(view))} for view in ("domainSalt", "separator")]
    salt, separator = (_bytes(word) for word in rpc.batch([("eth_call", [v, "latest"]) for v in views]))
    domain = Domain(chain_id, address, salt)
    if domain.separator != separator:
        raise InvalidDeployment(
            f"{address} signs for another domain than this version: use the version it was made by"
        )
    return domain


def _require_code(rpc: Rpc, deployment: Deployment) -> None:
    """GoldTicket's code and that of each library it calls are ours."""
    main, address = load_artifact("GoldTicket"), deployment.address
    code = _bytes(rpc.call("eth_getCode", address, "latest"))
    if not code:
        raise InvalidDeployment(
            f"there is no contract at {address}: the chain was begun anew or the record is another network's; "
            "deploy again, or correct the record"
        )
    libraries = linked_libraries(main, code) if is_our_code(main, code) else None
    if libraries is None:
        raise InvalidDeployment(
            f"the contract at {address} is not this version's GoldTicket: use the right version"
        )
    codes = rpc.batch([("eth_getCode", [_hex(found), "latest"]) for found in libraries.values()])
    for (name, found), theirs in zip(libraries.items(), codes, strict=True):
        if not is_our_code(load_artifact(name), _bytes(theirs)):
            raise InvalidDeployment(f"{address} calls {_hex(found)}, which is not our {name}: do not use it")


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
