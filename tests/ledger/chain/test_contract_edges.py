"""What nodes do that a good node does not: told by a scripted one.

send
├── given "already known", or an error for what was mined: it should succeed
├── given a node that does not know the transaction afterwards: NotSent with the node's words
└── given another hash: NotSent
events
├── given a log of a block that was replaced or removed, or whose block is gone: ChainMoved
└── given logs out of order: they should come in order
simulate
├── given an estimate that fails with its reason: it should be the refusal
├── given an estimate that fails without: a plain call should tell the reason, or that there is none
└── given an error that is no revert: it should be raised
receipts
├── given two nodes that have it alike: it should be mined
└── given only one that has it, or another outcome of it, or no answer of a second: it should not count as mined
confirm
├── given confirmations: it should ask at the height that is final
└── given no such height yet, or an answer that can't be read: nobody has said anything
read_domain
├── given a library that is not ours: it should refuse
└── given another separator: it should refuse
"""

from dataclasses import replace

import pytest
from eth_abi import encode

from ledger.chain import codec
from ledger.chain.artifact import creation_code, libraries_of, load_artifact
from ledger.chain.contract import ChainMoved, GoldTicketChain, NotSent
from ledger.chain.deploy import Deployment, InvalidDeployment
from ledger.chain.domain import read_domain
from ledger.chain.engine import Engine, Finality, FinalityKind
from ledger.chain.rpc import RpcError
from ledger.chain.witness import NodeLate
from ledger.ports import Call, RawTransaction
from ledger.signatures import HeldKeys
from ledger.typed import Domain
from tests.support.liars import FakeNetwork

ADDRESS = "0x" + "ab" * 20
DOMAIN = Domain(7, ADDRESS, b"\x05" * 32)
ENGINE = Engine(name="test", urls=("http://node",), chain_id=7)
SENT = RawTransaction("0x" + "cd" * 20, 4, b"\x11" * 32, b"raw")
KNOWN = {"hash": "0x" + "11" * 32}


class Node:
    """Answers each method with what the script says: a value, an error, or a function of the parameters."""

    urls = ("http://node:8545",)

    def __init__(self, **script):
        self.script = script

    def call(self, method, *params):
        answer = self.script[method]
        answer = answer(*params) if callable(answer) else answer
        if isinstance(answer, RpcError):
            raise answer
        return answer

    def try_batch(self, requests):
        found = []
        for method, params in requests:
            try:
                found.append(self.call(method, *params))
            except RpcError as error:
                found.append(error)
        return found

    def batch(self, requests):
        return [self.call(method, *params) for method, params in requests]


def error(message, data=None):
    return RpcError("http://node", "method", {"code": -32000, "message": message, "data": data})


def chain(**script):
    return GoldTicketChain(Node(**script), ENGINE, DOMAIN, HeldKeys())


class TestSend:
    @pytest.mark.parametrize(
        "words", ["already known", "nonce too low", "VM Exception while processing transaction: revert"]
    )
    def test_given_an_error_for_what_the_node_has_it_should_succeed(self, words):
        chain(eth_sendRawTransaction=error(words), eth_getTransactionByHash=KNOWN).send(SENT)

    @pytest.mark.parametrize("words", ["nonce too low", "insufficient funds for gas"])
    def test_given_an_error_for_what_the_node_has_not_it_should_not_be_sent(self, words):
        with pytest.raises(NotSent, match=f"transaction 4 of 0xcd.* is not taken: {words}"):
            chain(eth_sendRawTransaction=error(words), eth_getTransactionByHash=None).send(SENT)

    def test_given_another_hash_it_should_not_be_sent(self):
        with pytest.raises(NotSent, match="check the node"):
            chain(eth_sendRawTransaction="0x" + "22" * 32).send(SENT)


def log(block, index, block_hash=None, **more):
    return {
        "topics": [
            "0x" + codec.EVENTS["IssueWithdrawn"].topic.hex(),
            "0x" + "01" * 32,
            "0x" + "00" * 31 + "02",
        ],
        "data": "0x",
        "blockNumber": hex(block),
        "blockHash": block_hash or "0x" + f"{block:064x}",
        "transactionHash": "0x" + "11" * 32,
        "logIndex": hex(index),
        **more,
    }


def header(number, _full=False):
    height = int(number, 16)
    return {
        "number": number,
        "hash": "0x" + f"{height:064x}",
        "parentHash": "0x" + f"{height - 1:064x}",
        "timestamp": hex(1_000 + height),
    }


class TestEvents:
    @pytest.mark.parametrize("bad", [log(3, 0, "0x" + "ff" * 32), log(3, 0, removed=True)])
    def test_given_a_log_of_a_replaced_block_it_should_say_the_chain_moved(self, bad):
        with pytest.raises(ChainMoved, match="block 3 changed"):
            chain(eth_getLogs=[log(2, 0), bad], eth_getBlockByNumber=header).events(1, 5)

    def test_given_a_block_that_is_gone_it_should_say_the_chain_moved(self):
        with pytest.raises(ChainMoved, match="block 3 is gone"):
            chain(
                eth_getLogs=[log(3, 0)],
                eth_getBlockByNumber=lambda number, full: None if number == "0x3" else header(number),
            ).events(1, 5)

    def test_given_a_node_that_is_late_its_logs_should_not_count(self):
        with pytest.raises(NodeLate, match="no block 5 yet"):
            chain(eth_getLogs=[], eth_getBlockByNumber=None).events(1, 5)

    def test_given_logs_out_of_order_they_should_come_in_order(self):
        logs = [log(3, 1), log(2, 7), log(3, 0)]
        found = chain(eth_getLogs=logs, eth_getBlockByNumber=header).events(1, 5)
        assert [(event.block, event.log, event.time) for event in found] == [
            (2, 7, 1002),
            (3, 0, 1003),
            (3, 1, 1003),
        ]
        assert found[0].args == {"ticket": b"\x01" * 32, "debtor": 2}


class TestReceipts:
    def receipt(self, *mined):
        network = FakeNetwork(len(mined))
        for node, status in zip(network.nodes, mined, strict=True):
            node.mined, node.dead = status or "", status is None
        return GoldTicketChain(network.rpc(), ENGINE, DOMAIN, HeldKeys()).receipt(b"\1" * 32)

    @pytest.mark.parametrize("mined", [("0x1",), ("0x1", "0x1", ""), ("0x1", None, "0x1")])
    def test_given_two_alike_it_should_be_mined(self, mined):
        assert self.receipt(*mined).ok

    @pytest.mark.parametrize("mined", [("0x1", ""), ("0x1", "0x0"), ("", "0x1"), ("0x1", None)])
    def test_given_one_alone_it_should_not_count(self, mined):
        assert self.receipt(*mined) is None


class TestConfirm:
    CLIQUE = replace(ENGINE, finality=Finality(FinalityKind.CONFIRMATIONS, 3))
    EXPIRED = "0x" + (encode(["bytes[]"], [[bytes.fromhex("11111111")]])).hex()

    def confirmed(self, answer, head="0x9"):
        asked = []

        def said(call, at):
            asked.append(at)
            return answer

        node = Node(eth_call=said, eth_getBlockByNumber=lambda number, full: header(head))
        found = GoldTicketChain(node, self.CLIQUE, DOMAIN, HeldKeys()).confirm([Call(50_000, b"\1" * 40)] * 2)
        return found, asked

    def test_it_should_ask_at_the_final_height(self):
        found, asked = self.confirmed(self.EXPIRED)
        assert [[word.data for word in words] for words in found] == [[bytes.fromhex("11111111")]] * 2
        assert asked == ["0x6", "0x6"]

    def test_given_nothing_final_nobody_should_have_said_anything(self):
        assert self.confirmed(self.EXPIRED, "0x2") == ([[], []], [])

    def test_given_nonsense_nobody_should_have_said_anything(self):
        assert self.confirmed("0x")[0] == [[], []]


class TestSimulate:
    SHORT = "0x1bcfc45e" + "00" * 31 + "07"

    def test_given_an_estimate_with_a_reason_it_should_be_the_refusal(self):
        outcome = chain(eth_estimateGas=error("revert", {"result": self.SHORT})).simulate(b"")
        assert (outcome.refusal.name, outcome.refusal.args) == ("ActOutOfGas", {"declared": 7})

    @pytest.mark.parametrize("words", ["gas required exceeds allowance (0)", "execution reverted"])
    def test_given_an_estimate_without_a_reason_a_call_should_tell_it(self, words):
        node = {"eth_estimateGas": error(words), "eth_call": error("execution reverted", self.SHORT)}
        assert chain(**node).simulate(b"").refusal.name == "ActOutOfGas"

    def test_given_a_revert_without_data_it_should_be_a_refusal_without_name(self):
        node = {"eth_estimateGas": error("execution reverted"), "eth_call": error("execution reverted", "0x")}
        assert chain(**node).simulate(b"").refusal.name == ""

    @pytest.mark.parametrize("call", ["0x", error("header not found")])
    def test_given_an_error_that_is_no_revert_it_should_be_raised(self, call):
        with pytest.raises(RpcError, match="header not found"):
            chain(eth_estimateGas=error("header not found"), eth_call=call).simulate(b"")


LIBRARIES = {
    name: "0x" + bytes([i + 1] * 20).hex() for i, name in enumerate(libraries_of(load_artifact("GoldTicket")))
}


class TestReadDomain:
    def node(self, separator=DOMAIN.separator, bad=""):
        codes = {"0x" + "ab" * 20: self.code("GoldTicket")}
        codes |= {at: self.code(name) for name, at in LIBRARIES.items()}
        if bad:
            codes[LIBRARIES[bad]] = "0x00"
        views = {
            codec.encode_call("domainSalt").hex(): DOMAIN.salt,
            codec.encode_call("separator").hex(): separator,
        }
        return Node(
            eth_chainId="0x7",
            eth_getCode=lambda address, _: codes[address],
            eth_call=lambda call, _: "0x" + views[call["data"][2:]].hex(),
        )

    def code(self, name):
        artifact = load_artifact(name)
        linked = {
            "bytecode": artifact["deployedBytecode"],
            "linkReferences": artifact["deployedLinkReferences"],
        }
        return "0x" + creation_code(linked, LIBRARIES).hex()

    def deployment(self):
        return Deployment(7, ADDRESS, 1, LIBRARIES)

    def test_given_our_code_it_should_be_its_domain(self):
        assert read_domain(self.node(), ENGINE, self.deployment()) == DOMAIN

    @pytest.mark.parametrize("name", ["FinanceLib", "SettleLib"])
    def test_given_a_library_that_is_not_ours_it_should_refuse(self, name):
        with pytest.raises(InvalidDeployment, match=f"which is not our {name}: do not use it"):
            read_domain(self.node(bad=name), ENGINE, self.deployment())

    def test_given_another_separator_it_should_refuse(self):
        with pytest.raises(InvalidDeployment, match="signs for another domain"):
            read_domain(self.node(separator=bytes(32)), ENGINE, self.deployment())
