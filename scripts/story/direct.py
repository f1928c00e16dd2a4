"""Around the gateway: acts put together and signed by hand, sent straight to the contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ledger import kinds, typed
from ledger.acts import accept_message
from ledger.chain.nodes import DevNode
from ledger.chain.transactions import Transaction, gas_price
from ledger.ports import Refusal
from ledger.wiring import ENOUGH
from scripts.story.people import Person
from scripts.story.stage import Stage
from scripts.story.story import WentWrong

GAS = 2_000_000

Message = dict[str, Any]


def signed(stage: Stage, kind: str, message: Message, people: Sequence[Person]) -> bytes:
    """One party's signature: of a sole key, or a maker's and a checker's one behind the other."""
    digest = typed.digest(stage.app.chain.domain, kind, message)
    return b"".join(stage.app.keystore.sign(person.desk.address, digest) for person in people)


def call(kind: str, message: Message, signatures: Sequence[bytes], stage: Stage) -> bytes:
    """Calldata of an act that is not an offer."""
    return stage.app.chain.encode(kinds.kind(kind).function, message, list(signatures))


def offer_call(
    stage: Stage, message: Message, holder: int, signature: bytes, receiver: Sequence[Person]
) -> bytes:
    """Calldata of an offer with one child, which its receiver accepts."""
    digest = typed.digest(stage.app.chain.domain, "Offer", message)
    accepted = signed(stage, "Accept", accept_message(digest, holder, message, 0), receiver)
    return stage.app.chain.encode_transfer(message, signature, [(receiver[0].company.id, [0], accepted)])


def send(stage: Stage, sender: Person, data: bytes) -> Refusal:
    """Sends calldata in a transaction of the sender's own, and has it mined. The contract's reason to refuse it;
    raises WentWrong if there is none."""
    app = stage.app
    refusal = app.chain.simulate(data).refusal
    if refusal is None:
        raise WentWrong("the contract would take what it must refuse")
    address = sender.desk.address
    assert isinstance(app.node, DevNode)
    app.node.set_balance(address, ENOUGH)
    price = gas_price(app.rpc, app.node.engine)
    transaction = Transaction(app.chain.nonce(address), price, GAS, app.chain.domain.address, data)
    raw = transaction.signed(app.keystore, address, app.chain.domain.chain_id)
    app.chain.send(raw)
    stage.until(lambda: app.chain.receipt(raw.hash) is not None, "the transaction is mined")
    receipt = app.chain.receipt(raw.hash)
    if receipt is None or receipt.ok:
        raise WentWrong("the contract took what it must refuse")
    return refusal
