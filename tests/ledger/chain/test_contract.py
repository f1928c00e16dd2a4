"""The Chain port over a real node: ganache, and Hardhat and anvil as well.

connect
├── given another chain id, no contract, another contract: it should refuse and say what is wrong
└── given our deployment: its domain should be the contract's
deploy
├── given a genesis that the contract does not take: it should raise the contract's reason
└── given a good one: the record should come back from its file, with the Lens if there is one
simulate
├── given an act that the contract refuses: it should decode the reason
├── given noise: it should be a refusal without a name
├── given a wrong act, a good one and noise together: each should have its word at the final height too
└── given a good act: its gas should be exactly enough in a relay
relay
├── given a good act, one refused and one short of gas: each should have its own result
├── given the same bytes again: sending should succeed
├── given other bytes with a spent nonce: it should not be sent
├── given more gas than a block has, or an unknown relayer: nothing should be signed
├── what was mined: events in order with time, calldata as acts, nonce, storage words
as_web3_contract
└── given the record: scripts and auditors should read the same domain, and the Lens
"""

import dataclasses

import pytest

from ledger.chain.artifact import has_artifact
from ledger.chain.contract import GoldTicketChain, NotSent
from ledger.chain.deploy import Deployment, Genesis, InvalidDeployment, deploy
from ledger.chain.interop import as_web3_contract
from ledger.chain.nodes import start_node
from ledger.chain.rpc import Rpc
from ledger.chain.transactions import TransactionTooLarge
from ledger.errors import NotFound, refusal
from ledger.ids import keccak256
from ledger.ports import Call
from ledger.signatures import HeldKeys
from tests.support.actors import HUAIYUE, LANGONG, LANWAN, PANEL, REGISTRAR, SEEDS, THRESHOLD, WANYUE, WUZE
from tests.support.drafts import draft

OPERATOR = keccak256(b"gold ticket development key: operator")
NOBODY = "0x" + "00" * 20


def genesis(threshold=THRESHOLD):
    banks = {REGISTRAR: HUAIYUE, LANWAN: HUAIYUE, HUAIYUE: LANWAN}
    seeds = [
        {
            "uscc": party.uscc,
            "roles": int(party.roles),
            "clearingBank": banks.get(party, HUAIYUE).id,
            "profile": keccak256(party.title.encode()),
            "keys": party.keys,
        }
        for party in SEEDS
    ]
    return Genesis(seeds, [party.id for party in PANEL], threshold)


@dataclasses.dataclass
class Site:
    """A node with a deployment on it."""

    node: object
    rpc: Rpc
    deployment: Deployment
    chain: GoldTicketChain
    operator: str

    def admit(self, party, signers=None, mark=0):
        """A complete act of admission."""
        message = {
            "uscc": party.uscc,
            "roles": int(party.roles),
            "clearingBank": HUAIYUE.id,
            "profile": bytes(32),
            "keys": party.keys,
            "registrar": REGISTRAR.id,
            "bank": LANWAN.id,
            "salt": bytes([mark]) * 32,
            "deadline": self.chain.head().time + 86_400,
        }
        everybody = [REGISTRAR, LANWAN, party.maker, party.checker, party.sole]
        return draft(self.chain.domain, "Admit", message, signers or everybody)

    def relay(self, *calls):
        """Sign with the next nonce and send; the transaction and its receipt."""
        raw = self.chain.sign(self.operator, self.chain.nonce(self.operator), calls)
        self.chain.send(raw)
        while (receipt := self.chain.receipt(raw.hash)) is None:
            pass
        return raw, receipt


@pytest.fixture(scope="module", params=["ganache", "hardhat", "anvil"])
def site(request, tmp_path_factory):
    with start_node(request.param, tmp_path_factory.mktemp(request.param)) as node:
        rpc = Rpc(node.engine.urls)
        keys = HeldKeys(OPERATOR)
        (operator,) = keys.addresses
        node.set_balance(operator, 10**24)
        deployment = deploy(rpc, node.engine, OPERATOR, genesis())
        chain = GoldTicketChain.connect(rpc, node.engine, deployment, keys)
        yield Site(node, rpc, deployment, chain, operator)
        rpc.close()


def test_given_another_chain_id_it_should_refuse(site):
    elsewhere = dataclasses.replace(site.deployment, chain_id=1)
    with pytest.raises(InvalidDeployment, match=r"serves chain 31337, .* deployed on 1"):
        GoldTicketChain.connect(site.rpc, site.node.engine, elsewhere, HeldKeys())


def test_given_no_contract_it_should_refuse(site):
    nowhere = dataclasses.replace(site.deployment, address=site.operator)
    with pytest.raises(InvalidDeployment, match="there is no contract at"):
        GoldTicketChain.connect(site.rpc, site.node.engine, nowhere, HeldKeys())


def test_given_another_contract_it_should_refuse(site):
    library = dataclasses.replace(site.deployment, address=site.deployment.libraries["IssueLib"])
    with pytest.raises(InvalidDeployment, match="is not this version's GoldTicket"):
        GoldTicketChain.connect(site.rpc, site.node.engine, library, HeldKeys())


def test_given_a_genesis_without_threshold_it_should_raise_the_contracts_reason(site):
    with pytest.raises(refusal("BadThreshold"), match="A panel of 4 members can't have the threshold 0"):
        deploy(site.rpc, site.node.engine, OPERATOR, genesis(threshold=0))


def test_the_record_should_come_back_from_its_file(site, tmp_path):
    file = tmp_path / "home" / "deployment.json"
    site.deployment.save(file)
    assert Deployment.load(file) == site.deployment
    assert bool(site.deployment.lens) == has_artifact("Lens")
    file.write_text("{}")
    with pytest.raises(InvalidDeployment, match="damaged"):
        Deployment.load(file)
    with pytest.raises(InvalidDeployment, match="run `goldticket deploy`"):
        Deployment.load(tmp_path / "none.json")


def test_given_an_act_signed_by_the_wrong_bank_simulate_should_say_so(site):
    wrong = site.admit(WANYUE, [REGISTRAR, HUAIYUE, WANYUE.maker, WANYUE.checker, WANYUE.sole])
    outcome = site.chain.simulate(wrong.data)
    assert outcome.refusal.name == "WrongParty"
    assert outcome.refusal.args == {"found": HUAIYUE.id, "expected": LANWAN.id}


def test_given_noise_simulate_should_refuse_without_a_name(site):
    assert site.chain.simulate(b"noise").refusal.name == ""


def test_each_should_have_its_word_at_the_final_height(site):
    good = site.admit(WUZE)
    wrong = site.admit(WUZE, [REGISTRAR, HUAIYUE, WUZE.maker, WUZE.checker, WUZE.sole])
    calls = [Call(3_000_000, data) for data in (good.data, wrong.data, b"noise")]
    [good_word], [wrong_word], [noise] = site.chain.confirm(calls)
    assert (good_word, wrong_word.name) == (None, "WrongParty")
    assert noise.name in ("", "ActOutOfGas")


def test_given_one_good_one_refused_and_one_short_act_each_should_have_its_result(site):
    good, again, short = site.admit(WANYUE), site.admit(WANYUE, mark=1), site.admit(WUZE)
    gas = site.chain.simulate(good.data).gas
    before = site.chain.head().number
    raw, receipt = site.relay(Call(gas, good.data), Call(gas, again.data), Call(gas // 2, short.data))

    assert receipt.ok
    assert receipt.refusals.keys() == {1, 2}
    assert receipt.refusals[1].name == "AlreadyAdmitted"
    assert receipt.refusals[2].name in ("", "ActOutOfGas")

    events = site.chain.events(before + 1, receipt.block)
    assert [event.name for event in events] == ["Admitted"] + ["SignerSet"] * 3 + ["Refused"] * 2
    assert events[0].args["uscc"] == WANYUE.uscc
    assert {event.tx for event in events} == {raw.hash}
    assert {event.time for event in events} == {site.chain.block(receipt.block).time}
    assert site.chain.events(receipt.block + 1, receipt.block) == []

    acts = site.chain.acts(raw.hash)
    assert [function for function, _ in acts] == ["admit"] * 3
    assert acts[0][1][0]["uscc"] == WANYUE.uscc
    assert site.chain.nonce(site.operator) == raw.nonce + 1

    site.chain.send(raw)
    other = site.chain.sign(site.operator, raw.nonce, [Call(50_000, b"other")])
    with pytest.raises(NotSent, match=f"transaction {raw.nonce} of {site.operator} is not taken"):
        site.chain.send(other)


def test_given_a_good_act_the_simulated_gas_should_be_enough(site):
    act = site.admit(LANGONG)
    gas = site.chain.simulate(act.data).gas
    _, receipt = site.relay(Call(gas, act.data))
    assert receipt.refusals == {}


def test_given_too_much_for_a_block_or_an_unknown_relayer_nothing_should_be_signed(site):
    with pytest.raises(TransactionTooLarge, match="send fewer acts at once"):
        site.chain.sign(site.operator, 0, [Call(90_000_000, b""), Call(90_000_000, b"")])
    with pytest.raises(TransactionTooLarge, match="bytes"):
        site.chain.sign(site.operator, 0, [Call(1, bytes(140_000))])
    with pytest.raises(NotFound, match="there is no key for 0x0"):
        site.chain.sign(NOBODY, 0, [])


def test_given_an_unknown_transaction_there_should_be_nothing(site):
    assert site.chain.receipt(b"\x01" * 32) is None
    assert site.chain.acts(b"\x01" * 32) == []
    assert site.chain.block(site.chain.head().number + 10) is None


def test_blocks_should_hang_together(site):
    head = site.chain.head()
    assert site.chain.block(head.number) == head
    assert site.chain.block(head.number - 1).hash == head.parent


def test_storage_words_should_come_back_at_a_height(site):
    slots = [bytes(31) + bytes([i]) for i in range(20)]
    found = site.chain.load(slots)
    assert len(found) == 20
    separator = slots[found.index(site.chain.domain.separator)]
    assert site.chain.load([separator], site.deployment.block) == [site.chain.domain.separator]
    assert site.chain.load([]) == []


def test_auditors_should_read_the_same_through_web3(site):
    url = site.node.url
    assert (
        bytes(as_web3_contract(url, site.deployment).functions.separator().call())
        == site.chain.domain.separator
    )
    lens = as_web3_contract(url, site.deployment, "Lens")
    assert lens.functions.goldTicket().call() == site.deployment.address
