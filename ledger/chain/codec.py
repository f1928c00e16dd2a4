"""The messages of ledger.typed as calldata of GoldTicket and back; its logs as events.

`transfer` and `relay` carry nearly everything, so they are laid out directly; the rest goes by the ABI.
Selectors and topics come from the artifact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.chain.abi import WORD, Kind, Reader, Undecodable, kind_of, number, padded, struct_of
from ledger.chain.artifact import load_artifact
from ledger.events import Event
from ledger.ids import keccak256
from ledger.ports import Call
from ledger.typed import Domain, Message, struct_hash, type_hash

SELECTOR = 4


@dataclass(frozen=True)
class Function:
    """One function of the contract: its selector, and its inputs and outputs as dicts by name."""

    name: str
    selector: bytes
    names: tuple[str, ...]
    inputs: Kind
    outputs: Kind


@dataclass(frozen=True)
class Log:
    """One event of the contract: its topic, indexed fields in order, the rest as a dict by name."""

    name: str
    topic: bytes
    fields: tuple[str, ...]
    indexed: tuple[tuple[str, Kind], ...]
    data: Kind


_ABI: list[dict[str, Any]] = load_artifact("GoldTicket")["abi"]


def _of(kind: str) -> list[dict[str, Any]]:
    return [entry for entry in _ABI if entry["type"] == kind]


def _function(entry: Mapping[str, Any]) -> Function:
    inputs = struct_of(entry["inputs"])
    outputs = [{**output, "name": output["name"] or str(i)} for i, output in enumerate(entry["outputs"])]
    names = tuple(one["name"] or str(i) for i, one in enumerate(entry["inputs"]))
    named = [{**one, "name": name} for one, name in zip(entry["inputs"], names, strict=True)]
    selector = keccak256((entry["name"] + inputs.name).encode())[:SELECTOR]
    return Function(entry["name"], selector, names, struct_of(named), struct_of(outputs))


def _log(entry: Mapping[str, Any]) -> Log:
    inputs = entry["inputs"]
    return Log(
        name=entry["name"],
        topic=keccak256((entry["name"] + struct_of(inputs).name).encode()),
        fields=tuple(one["name"] for one in inputs),
        indexed=tuple((one["name"], kind_of(one)) for one in inputs if one["indexed"]),
        data=struct_of([one for one in inputs if not one["indexed"]]),
    )


FUNCTIONS: dict[str, Function] = {entry["name"]: _function(entry) for entry in _of("function")}
"""By name; the contract overloads none."""
EVENTS: dict[str, Log] = {entry["name"]: _log(entry) for entry in _of("event")}
"""By name."""

_BY_SELECTOR = {function.selector: function for function in FUNCTIONS.values()}
_BY_TOPIC = {log.topic: log for log in EVENTS.values()}
_TRANSFER = FUNCTIONS["transfer"].selector + number(WORD)
_RELAY = FUNCTIONS["relay"].selector + number(WORD)


def encode_call(function: str, *args: Any) -> bytes:
    """Calldata of one call: `encode_call("issue", message, [signatures of the debtor, …])`.

    Raises KeyError for an unknown function, ValueError for a value that does not fit, naming its field.
    """
    found = FUNCTIONS[function]
    if len(args) != len(found.names):
        raise ValueError(f"{function} takes {len(found.names)} arguments, {len(args)} are given")
    try:
        return found.selector + found.inputs.encode(dict(zip(found.names, args, strict=True)))
    except ValueError as error:
        raise ValueError(f"{function}: {error}") from None


def encode_transfer(
    offer: Message, signatures: bytes, acceptances: Iterable[tuple[int, Sequence[int], bytes]]
) -> bytes:
    """Calldata of `transfer` for the children of an offer that their receivers have accepted.

    `acceptances`: for each signed Accept its receiver, the indexes of its parts in the signed order, and the
    receiver's signatures. A receiver may come several times, a child once. All other children go in as their
    struct hashes. Raises ValueError for an index that is not there, is given twice or is another receiver's.
    """
    children = offer["children"]
    taken: set[int] = set()
    bodies = []
    for to, indexes, signed in acceptances:
        legs = [_leg(children, index, to, taken) for index in indexes]
        bodies.append(_acceptance(to, legs, signed))
    others = [struct_hash("Child", child) for i, child in enumerate(children) if i not in taken]
    tail_others = number(len(others)) + b"".join(others)
    tail_signed = number(len(signatures)) + padded(signatures)
    return b"".join(
        (
            _TRANSFER,
            _word(offer["ticket"]),
            number(offer["version"]),
            _word(offer["salt"]),
            number(offer["deadline"]),
            number(7 * WORD),
            number(7 * WORD + len(tail_others)),
            number(7 * WORD + len(tail_others) + len(tail_signed)),
            tail_others,
            tail_signed,
            _listed(bodies),
        )
    )


def encode_relay(calls: Sequence[Call]) -> bytes:
    """Calldata of `relay`."""
    return _RELAY + _listed(
        [number(call.gas) + number(2 * WORD) + number(len(call.data)) + padded(call.data) for call in calls]
    )


def decode_call(data: bytes) -> tuple[str, list[Any]]:
    """(function, its arguments): the inverse of `encode_call`. Raises Undecodable for anything else."""
    function = _BY_SELECTOR.get(data[:SELECTOR])
    if function is None:
        raise Undecodable(f"0x{data[:SELECTOR].hex()} is no function of GoldTicket")
    return function.name, list(function.inputs.decode(Reader(data[SELECTOR:]), 0).values())


def decode_acts(data: bytes) -> list[tuple[str, list[Any]] | None]:
    """The acts of a transaction that anybody sent: the items of a `relay` by position, or the one act called.

    None stands for an item that is no act. A relay in a relay takes no effect and is None as well.
    """
    found = _decoded(data)
    if found is None or found[0] != "relay":
        return [found]
    items = [_decoded(call["data"]) for call in found[1][0]]
    return [item if item and item[0] != "relay" else None for item in items]


def decode_output(function: str, data: bytes) -> dict[str, Any]:
    """What a view returned, by name or position ("0"). Raises Undecodable."""
    found: dict[str, Any] = FUNCTIONS[function].outputs.decode(Reader(data), 0)
    return found


def decode_event(topics: Sequence[bytes], data: bytes) -> tuple[str, dict[str, Any]]:
    """(name, arguments in ABI order) of one log of the contract. Raises Undecodable for another one."""
    log = _BY_TOPIC.get(topics[0]) if topics else None
    if log is None or len(topics) != 1 + len(log.indexed):
        raise Undecodable(f"topics {[topic.hex() for topic in topics]} are no event of GoldTicket")
    found = log.data.decode(Reader(data), 0)
    for (name, kind), topic in zip(log.indexed, topics[1:], strict=True):
        found[name] = kind.decode(Reader(topic), 0)
    return log.name, {name: found[name] for name in log.fields}


def decode_log(log: Mapping[str, Any], time: int) -> Event:
    """A log as JSON-RPC gives it (hex strings); `time`: its block's UTC seconds. Raises Undecodable."""
    name, args = decode_event([_bytes(topic) for topic in log["topics"]], _bytes(log["data"]))
    return Event(
        name=name,
        args=args,
        block=int(log["blockNumber"], 16),
        tx=_bytes(log["transactionHash"]),
        log=int(log["logIndex"], 16),
        time=time,
    )


def offer_digest(domain: Domain, transfer: Message) -> bytes:
    """The id of the offer behind a decoded Transfer, computed as the contract does, from legs and other hashes.

    Raises ValueError when its indexes leave holes, are given twice or lie outside.
    """
    legs = {
        leg["index"]: struct_hash("Child", {**leg, "to": acceptance["to"]})
        for acceptance in transfer["acceptances"]
        for leg in acceptance["legs"]
    }
    given = sum(len(acceptance["legs"]) for acceptance in transfer["acceptances"])
    count = given + len(transfer["others"])
    if len(legs) != given or any(index >= count for index in legs):
        raise ValueError(f"indexes {sorted(legs)} of {count} children: each may be given once, below {count}")
    others = iter(transfer["others"])
    hashes = b"".join(legs[i] if i in legs else next(others) for i in range(count))
    offer = keccak256(
        type_hash("Offer")
        + transfer["ticket"]
        + number(transfer["version"])
        + keccak256(hashes)
        + transfer["salt"]
        + number(transfer["deadline"])
    )
    return keccak256(b"\x19\x01" + domain.separator + offer)


def _leg(children: Sequence[Message], index: int, to: int, taken: set[int]) -> bytes:
    if not 0 <= index < len(children) or index in taken:
        raise ValueError(f"child {index} is given twice or is not among the {len(children)} of this offer")
    child = children[index]
    if child["to"] != to:
        raise ValueError(f"child {index} is for participant {child['to']}, not for {to}")
    taken.add(index)
    return number(index) + number(child["value"]) + _word(child["trade"]) + _word(child["salt"])


def _acceptance(to: int, legs: Sequence[bytes], signatures: bytes) -> bytes:
    offset = 4 * WORD + 4 * WORD * len(legs)
    head = number(to) + number(3 * WORD) + number(offset) + number(len(legs))
    return head + b"".join(legs) + number(len(signatures)) + padded(signatures)


def _listed(bodies: Sequence[bytes]) -> bytes:
    """An array of dynamic elements: count, offsets, elements."""
    offset = WORD * len(bodies)
    heads = [number(len(bodies))]
    for body in bodies:
        heads.append(number(offset))
        offset += len(body)
    return b"".join(heads) + b"".join(bodies)


def _decoded(data: bytes) -> tuple[str, list[Any]] | None:
    try:
        return decode_call(data)
    except Undecodable:
        return None


def _word(value: bytes) -> bytes:
    if len(value) != WORD:
        raise ValueError(f"{len(value)} bytes where {WORD} are needed: 0x{value.hex()}")
    return value


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
