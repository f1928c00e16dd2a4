"""A new deployment: libraries, GoldTicket with its first participants, and the Lens; and its record as JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ledger.chain.abi import struct_of
from ledger.chain.artifact import creation_code, has_artifact, libraries_of, load_artifact
from ledger.chain.engine import Engine
from ledger.chain.reverts import decode_refusal, refused, revert_data
from ledger.chain.rpc import Rpc, RpcError
from ledger.chain.transactions import Transaction, gas_price
from ledger.errors import Invalid, Unavailable
from ledger.signatures import HeldKeys, checksum_address
from ledger.typed import Message

NOBODY = "0x" + "00" * 20
MINED_WITHIN = 120.0
"""Seconds after which a deployment gives up waiting for a block."""


class InvalidDeployment(Invalid):
    """A deployment record, or what is found at its address, is not right."""

    code = "invalid-deployment"
    title = "This is not a deployment of Gold Ticket that this version can use"


@dataclass(frozen=True)
class Genesis:
    """What the constructor begins with.

    `seeds`: messages {uscc, roles, clearingBank, profile, keys: [{key, right}]}, participants from number 1 on;
    `panel`: their numbers, ascending; `months`: longest tenor; `predecessor`: a closed deployment's address.
    """

    seeds: Sequence[Message]
    panel: Sequence[int]
    threshold: int
    months: int = 6
    predecessor: str = NOBODY


@dataclass(frozen=True)
class Deployment:
    """Where the ledger lives. `block`: its first; `libraries`: name → address; `lens`: "" when there is none;
    `consortium`: the mark of the consortium key, "" in records of older versions."""

    chain_id: int
    address: str
    block: int
    libraries: Mapping[str, str]
    lens: str = ""
    consortium: str = ""

    def to_json(self) -> dict[str, Any]:
        """The record as JSON values."""
        return {**asdict(self), "libraries": dict(self.libraries)}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Deployment:
        """The inverse of `to_json`. Raises InvalidDeployment."""
        try:
            libraries = {str(name): str(address) for name, address in record["libraries"].items()}
            return cls(
                chain_id=int(record["chain_id"]),
                address=str(record["address"]),
                block=int(record["block"]),
                libraries=libraries,
                lens=str(record.get("lens", "")),
                consortium=str(record.get("consortium", "")),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidDeployment(f"the deployment record is damaged ({error!r}); copy it again") from None

    def save(self, file: Path) -> None:
        """Write the record, whole or not at all."""
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(self.to_json(), indent=1) + "\n", encoding="utf-8")
        fresh.replace(file)

    @classmethod
    def load(cls, file: Path) -> Deployment:
        """Read the record. Raises InvalidDeployment when there is none or it is damaged."""
        try:
            return cls.from_json(json.loads(file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise InvalidDeployment(
                f"there is no deployment record {file}: run `goldticket deploy`"
            ) from None
        except json.JSONDecodeError:
            raise InvalidDeployment(f"the deployment record {file} is damaged: copy it again") from None


def deploy(rpc: Rpc, engine: Engine, key: bytes, genesis: Genesis) -> Deployment:
    """Deploys everything with one key, which has no power afterwards.

    Raises the contract's reason (ledger.errors.refusal) for a genesis it does not take, Unavailable.
    """
    creator = _Creator(rpc, engine, key)
    main = load_artifact("GoldTicket")
    libraries = {name: creator.create(load_artifact(name), {})[0] for name in libraries_of(main)}
    address, block = creator.create(main, libraries, **constructor_args(genesis))
    lens = ""
    if has_artifact("Lens"):
        lens = creator.create(load_artifact("Lens"), {}, ledger=address)[0]
    return Deployment(engine.chain_id, address, block, libraries, lens)


def constructor_args(genesis: Genesis) -> dict[str, Any]:
    """The constructor's arguments by name."""
    return {
        "seeds": list(genesis.seeds),
        "members": list(genesis.panel),
        "threshold": genesis.threshold,
        "months": genesis.months,
        "predecessor": genesis.predecessor,
    }


def constructor_data(artifact: Mapping[str, Any], libraries: Mapping[str, str], **args: Any) -> bytes:
    """Creation code with the constructor's arguments behind it. Raises ValueError for one that does not fit."""
    inputs = [one for e in artifact["abi"] if e["type"] == "constructor" for one in e["inputs"]]
    return creation_code(dict(artifact), libraries) + struct_of(inputs).encode(args)


class _Creator:
    """Creates one contract after another, each mined before the next."""

    def __init__(self, rpc: Rpc, engine: Engine, key: bytes) -> None:
        self._rpc, self._engine = rpc, engine
        self._signer = HeldKeys(key)
        (self._sender,) = self._signer.addresses
        self._price = gas_price(rpc, engine)

    def create(
        self, artifact: Mapping[str, Any], libraries: Mapping[str, str], **args: Any
    ) -> tuple[str, int]:
        """(address, block) of the new contract."""
        data = constructor_data(artifact, libraries, **args)
        nonce = int(self._rpc.call("eth_getTransactionCount", self._sender, "latest"), 16)
        transaction = Transaction(nonce, self._price, self._gas(data), "", data)
        raw = transaction.signed(self._signer, self._sender, self._engine.chain_id)
        self._rpc.call("eth_sendRawTransaction", "0x" + raw.raw.hex())
        receipt = self._mined("0x" + raw.hash.hex())
        if int(receipt["status"], 16) != 1:
            name = artifact["contractName"]
            raise Unavailable(f"{name} was not created: the transaction 0x{raw.hash.hex()} failed")
        return checksum_address(bytes.fromhex(receipt["contractAddress"][2:])), int(
            receipt["blockNumber"], 16
        )

    def _gas(self, data: bytes) -> int:
        try:
            found = self._rpc.call(
                "eth_estimateGas", {"from": self._sender, "data": "0x" + data.hex()}, "latest"
            )
        except RpcError as error:
            reason = revert_data(error.reason, error.data)
            if not reason:
                raise
            raise refused(decode_refusal(reason)) from None
        return int(found, 16) * 21 // 20

    def _mined(self, hash_: str) -> dict[str, Any]:
        pause = (self._engine.block_period or 0.04) / 4
        end = time.monotonic() + MINED_WITHIN
        while time.monotonic() < end:
            receipt: dict[str, Any] | None = self._rpc.call("eth_getTransactionReceipt", hash_)
            if receipt is not None:
                return receipt
            time.sleep(pause)
        raise Unavailable(
            f"{hash_} was not mined within {MINED_WITHIN:.0f} s: check that the network makes blocks and that "
            f"{self._sender} can pay for gas"
        )
