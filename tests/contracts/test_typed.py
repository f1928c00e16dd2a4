"""Three independent readers of one act agree: ledger.typed, eth-account, and the contract.

given any act, with numbers at their ends, arrays of any length and Chinese text
    it should have the digest that eth-account gives for its EIP-712 JSON
given an act signed over that digest
    it should be accepted by the contract, for every kind of act
given the types
    it should find field names, order and types as in contracts/types/Acts.sol, by the ABI
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from eth_account._utils.encode_typed_data.encoding_and_hashing import hash_domain, hash_eip712_message
from eth_account.messages import encode_typed_data
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import typed
from ledger.ids import keccak256
from ledger.typed import TYPES, Domain
from tests.support.abi import artifact
from tests.support.drafts import function_of
from tests.support.scenario import live
from tests.support.world import World, ready_world

DOMAIN = Domain(31_337, "0x" + "ab" * 20, b"\7" * 32)
NOT_ACTS = {"Key", "Invoice", "Child", "Part", "FundLeg", "Line"}
ACTS = sorted(set(TYPES) - NOT_ACTS)
BY_OFFER = {"Offer", "Accept"}
"""Signed, but in calldata they stand inside `Transfer`."""


def of(kind: str) -> st.SearchStrategy[Any]:
    """Values of an EIP-712 type."""
    if kind.endswith("[]"):
        return st.lists(of(kind[:-2]), max_size=4)
    if kind in TYPES:
        return st.fixed_dictionaries({field: of(inner) for field, inner in TYPES[kind]})
    if kind == "string":
        return st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.just("岚工重装股份")
    if kind == "bool":
        return st.booleans()
    if kind == "address":
        return st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
    if kind.startswith("bytes"):
        size = int(kind[5:])
        return st.binary(min_size=size, max_size=size)
    return st.integers(0, (1 << int(kind[4:])) - 1)


def by_eth_account(primary: str, message: dict[str, Any]) -> bytes:
    """The digest as eth-account computes it from the JSON that a wallet gets."""
    data = json.loads(json.dumps(typed.to_json(DOMAIN, primary, message)))
    signable = encode_typed_data(full_message=numbers(data, primary))
    assert signable.header == hash_domain(data["domain"])
    types = {name: fields for name, fields in data["types"].items() if name != "EIP712Domain"}
    assert signable.body == hash_eip712_message(types, data["message"])
    return keccak256(b"\x19" + signable.version + signable.header + signable.body)


def numbers(data: dict[str, Any], primary: str) -> dict[str, Any]:
    """eth-account wants numbers where wallets take decimal strings."""
    data["message"] = as_numbers(primary, data["message"])
    return data


def as_numbers(kind: str, value: Any) -> Any:
    if kind.endswith("[]"):
        return [as_numbers(kind[:-2], item) for item in value]
    if kind in TYPES:
        return {field: as_numbers(inner, value[field]) for field, inner in TYPES[kind]}
    return int(value) if kind.startswith("uint") else value


@pytest.mark.parametrize("primary", ACTS)
@settings(max_examples=15, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_digests_are_eth_accounts(primary: str, data: st.DataObject) -> None:
    message = data.draw(of(primary))
    assert typed.digest(DOMAIN, primary, message) == by_eth_account(primary, message)


@pytest.mark.parametrize("primary", ACTS)
@settings(max_examples=5, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_json_comes_back_as_it_was(primary: str, data: st.DataObject) -> None:
    message = data.draw(of(primary))
    given_back = json.loads(json.dumps(typed.message_to_json(primary, message)))
    assert typed.message_from_json(primary, given_back) == message


def test_the_domain_is_the_contracts(world: World) -> None:
    assert world.domain.separator == world.view("separator")


def components(function: str, primary: str) -> list[tuple[str, str]]:
    """The fields of the struct that carries an act, by the ABI."""
    (entry,) = [e for e in artifact("GoldTicket")["abi"] if e["type"] == "function" and e["name"] == function]
    (struct,) = [i for i in entry["inputs"] if i.get("internalType") == f"struct {primary}"]
    return [
        (c["name"], c.get("internalType", c["type"]).removeprefix("struct ")) for c in struct["components"]
    ]


@pytest.mark.parametrize("primary", [name for name in ACTS if name not in BY_OFFER])
def test_fields_are_the_contracts(primary: str) -> None:
    assert components(function_of(primary), primary) == list(TYPES[primary])


def test_an_offers_fields_are_those_of_the_transfer() -> None:
    fields = dict(components("transfer", "Transfer"))
    for field, kind in TYPES["Offer"]:
        assert field == "children" or fields[field] == kind


def test_every_kind_is_accepted_by_the_contract() -> None:
    """All signatures in that life are over digests of ledger.typed."""
    world = ready_world()
    live(world)
    functions = {function_of(name) for name in ACTS if name not in BY_OFFER} | {"transfer"}
    assert functions - world.accepted == set()
