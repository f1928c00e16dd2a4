"""Why the contract refused.

ABI ↔ words
├── each error of the ABI should stand in reverts.toml, and nothing else
├── each template should use only the error's arguments, and name at least one way out in both languages
└── what depends on the evidence should have its rule, and nothing else
decode_refusal
├── given nothing, noise, a foreign error or a cut one: it should have no name and keep the data
├── given Solidity's own Error and Panic: it should have no name and say what it was
└── given random evidence of each error: it should give it back by name
revert_data
├── given an error that is no revert: it should be None
└── given each node's shape of a revert: it should be its data, empty for out of gas
permanent
├── given a reason that time or others' acts can take away: it should be false
├── given a reason that stays: it should be true
└── given one that depends: it should look at the evidence and the function
explain, refused
├── it should show yuan, Shanghai time and names
├── given a time beyond the calendar: it should not fail
└── given an unknown reason: it should still say something
"""

from random import Random
from string import Formatter

import pytest
from eth_abi import encode as eth_abi_encode
from eth_utils import keccak

from ledger.chain.artifact import load_artifact
from ledger.chain.reverts import (
    DEPENDS,
    REASONS,
    decode_refusal,
    explain,
    permanent,
    refused,
    revert_data,
    took_effect,
)
from ledger.errors import Refused, refusal
from ledger.ports import Refusal

ERRORS = {e["name"]: e["inputs"] for e in load_artifact("GoldTicket")["abi"] if e["type"] == "error"}
INTERFACE = {e["name"]: e["inputs"] for e in load_artifact("IErrors")["abi"] if e["type"] == "error"}
TICKET = bytes.fromhex("a1b2c3d4" + "00" * 24 + "d4c3b2a1")


def encoded(name, args):
    kinds = [one["type"] for one in ERRORS[name]]
    return keccak(text=f"{name}({','.join(kinds)})")[:4] + eth_abi_encode(kinds, args)


def random_evidence(inputs, chance):
    found = {}
    for one in inputs:
        kind = one["type"]
        if kind == "string":
            found[one["name"]] = "9134010" + "汉"
        elif kind == "bool":
            found[one["name"]] = chance.random() < 0.5
        elif kind == "address":
            found[one["name"]] = "0x" + "00" * 20
        elif kind.startswith("bytes"):
            found[one["name"]] = chance.randbytes(int(kind[5:]))
        else:
            found[one["name"]] = chance.getrandbits(int(kind[4:]))
    return found


class TestWords:
    def test_each_error_should_stand_in_the_table_and_nothing_else(self):
        assert set(REASONS) == set(ERRORS) == set(INTERFACE)

    @pytest.mark.parametrize("name", ERRORS)
    def test_templates_should_use_the_arguments_alone(self, name):
        known = {one["name"] for one in ERRORS[name]}
        for text in (REASONS[name].en, REASONS[name].zh):
            assert {field for _, field, _, _ in Formatter().parse(text) if field is not None} <= known
            assert len(text) < 300

    def test_what_depends_should_have_a_rule_and_nothing_else(self):
        assert set(DEPENDS) == {name for name, reason in REASONS.items() if reason.ends is None}


class TestDecode:
    @pytest.mark.parametrize("data", [b"", b"\x01", b"\xde\xad\xbe\xef", b"\xde\xad\xbe\xef" + bytes(32)])
    def test_given_noise_it_should_have_no_name_and_keep_the_data(self, data):
        assert decode_refusal(data) == Refusal("", {}, data)

    def test_given_a_cut_error_it_should_have_no_name(self):
        data = encoded("Expired", [1, 2])[:-1]
        assert decode_refusal(data) == Refusal("", {}, data)

    def test_given_solidity_errors_it_should_say_what_they_were(self):
        text = bytes.fromhex("08c379a0") + eth_abi_encode(["string"], ["no"])
        panic = bytes.fromhex("4e487b71") + eth_abi_encode(["uint256"], [0x11])
        assert decode_refusal(text).args == {"message": "no"}
        assert decode_refusal(panic).args == {"panic": 0x11}
        assert decode_refusal(panic).name == ""

    @pytest.mark.parametrize("name", ERRORS)
    def test_given_random_evidence_it_should_come_back_and_be_explained(self, name):
        chance = Random(name)
        for _ in range(10):
            evidence = random_evidence(ERRORS[name], chance)
            data = encoded(name, list(evidence.values()))
            found = decode_refusal(data)
            assert found == Refusal(name, evidence, data)
            assert "{" not in explain(found, "en") + explain(found, "zh")
            error = refused(found)
            assert isinstance(error, refusal(name))
            assert not any(isinstance(value, bytes) for value in error.evidence.values())
            assert permanent(found) in (True, False)


class TestRevertData:
    HEX = "0xdeadbeef" + "00" * 32

    @pytest.mark.parametrize(
        ("message", "data"),
        [
            ("header not found", None),
            ("nonce too low", "nonce"),
            ("method not found", {"hash": "0x" + "1" * 64}),
        ],
    )
    def test_given_another_error_it_should_be_none(self, message, data):
        assert revert_data(message, data) is None

    @pytest.mark.parametrize(
        "data",
        [
            HEX,
            {"hash": None, "programCounter": 16, "result": HEX, "reason": None, "message": "revert"},
            {"0x" + "1" * 64: {"error": "revert", "program_counter": 1, "return": HEX}, "stack": "…"},
            {"message": "reverted", "txHash": "0x" + "1" * 64, "data": HEX},
            {"code": 3, "data": {"data": HEX}},
            f"Reverted {HEX}",
        ],
        ids=["anvil", "ganache estimate", "ganache 6", "hardhat 2", "nested", "words"],
    )
    def test_given_each_shape_it_should_be_the_data(self, data):
        assert revert_data("VM Exception while processing transaction: revert", data) == bytes.fromhex(
            self.HEX[2:]
        )

    @pytest.mark.parametrize(
        "message", ["execution reverted", "out of gas", "VM Exception …: invalid opcode"]
    )
    def test_given_no_data_it_should_be_empty(self, message):
        assert revert_data(message, None) == b""
        assert revert_data(message, "0x") == b""


def never(name, function="", **evidence):
    return permanent(Refusal(name, evidence, b""), function)


class TestPermanent:
    @pytest.mark.parametrize(
        "name",
        [
            "NotEnough RemainderBelowMinimum Suspended StageStopped LimitExceeded LimitExpired CoreHalted",
            "UnknownTicket UnknownIssuance UnknownParty TooEarly NotYetDue ValueHeld NotLocked LockStillStands",
            "NotASigner WrongRight PanelTooSmall TooLittleGas ActOutOfGas WrongChain TenorTooLong",
            "NotWhole BeyondPayable",
        ],
    )
    def test_given_a_reason_that_can_pass_it_should_be_false(self, name):
        assert not any(never(one) for one in name.split())

    @pytest.mark.parametrize(
        "name",
        [
            "Expired Withdrawn AlreadyDone AlreadyIssued BadSignature BadSignatureLength ReferenceSpent",
            "FullyFunded IssuanceVoid PaidInPart NoLongerTransferable DepthExhausted BelowMinimum NotAReceiver",
            "BeyondFace PastDue DeploymentClosed InvoicesDiffer AlreadyFunded LockDiffers MixedParties",
        ],
    )
    def test_given_a_reason_that_stays_it_should_be_true(self, name):
        assert all(never(one) for one in name.split())

    def test_given_an_unknown_reason_it_should_be_false(self):
        assert not never("")
        assert not never("SomethingNew")

    @pytest.mark.parametrize("name", ["StaleSequence", "StaleVersion"])
    def test_given_a_number_it_should_compare_with_the_present_one(self, name):
        assert never(name, given=1, current=2)
        assert not never(name, given=3, current=2)

    def test_given_a_foreign_ticket_it_should_depend_on_whether_its_mining_was_checked(self):
        assert never("NotHolder", "transfer")
        assert never("NotHolder", "lock")
        assert not never("NotHolder", "withdraw")
        assert not never("NotHolder")

    def test_given_another_signing_party_only_a_replaceable_bank_can_pass(self):
        assert never("WrongParty", "transfer")
        assert never("WrongParty", "setLimit")
        assert not never("WrongParty", "payOut")
        assert not never("WrongParty", "fund")
        assert not never("WrongParty")

    def test_given_bounds_it_should_look_which_way_time_moves_them(self):
        assert never("StopTooLong", until=5, most=10)
        assert not never("StopTooLong", until=11, most=10)
        assert never("PaidAtOutOfRange", paidAt=1, earliest=5, latest=10)
        assert not never("PaidAtOutOfRange", paidAt=11, earliest=5, latest=10)

    def test_given_a_used_invoice_only_more_than_its_total_is_hopeless(self):
        assert not never("InvoiceUsed", used=60, total=100, amount=50)
        assert never("InvoiceUsed", used=0, total=100, amount=101)

    def test_given_too_many_only_the_panel_can_grow(self):
        assert not never("TooMany", found=4, most=3)
        assert never("TooMany", found=101, most=100)

    def test_given_a_taken_key_only_a_newcomer_is_hopeless(self):
        assert never("KeyTaken", "admit")
        assert not never("KeyTaken", "changeSigners")


class TestExplain:
    NOT_ENOUGH = Refusal("NotEnough", {"ticket": TICKET, "free": 12_345_678, "value": 20_000_000}, b"")

    def test_it_should_show_amounts_in_yuan(self):
        assert explain(self.NOT_ENOUGH).startswith(
            "Ticket 0xa1b2c3d4…d4c3b2a1 has 123,456.78 yuan free, 200,000.00 yuan are needed."
        )
        assert "可用 123,456.78 元，需要 200,000.00 元" in explain(self.NOT_ENOUGH, "zh")

    def test_it_should_show_shanghai_time(self):
        expired = Refusal("Expired", {"deadline": 1_795_395_600, "nowAt": 1_795_395_601}, b"")
        assert "until 2026-11-23 09:00:00 (Shanghai)" in explain(expired)
        assert "北京时间 2026-11-23 09:00:01" in explain(expired, "zh")

    def test_given_a_time_beyond_the_calendar_it_should_not_fail(self):
        suspended = Refusal("Suspended", {"party": 7, "until": (1 << 40) - 1}, b"")
        assert "until the end of time" in explain(suspended)
        assert "至 永久" in explain(suspended, "zh")

    def test_it_should_take_names_of_participants(self):
        suspended = Refusal("Suspended", {"party": 7, "until": 0}, b"")
        assert explain(suspended).startswith("participant 7 is suspended")
        assert explain(suspended, "zh", lambda party: "芜泽精密").startswith("芜泽精密已被暂停业务")

    def test_it_should_name_stages_rights_and_roles(self):
        assert "stopped transfers until" in explain(Refusal("StageStopped", {"stage": 8, "until": 0}, b""))
        assert "以银行身份" in explain(Refusal("MissingRole", {"party": 1, "role": 4}, b""), "zh")
        right = {"key": "0xAb", "right": 1, "needed": 2}
        assert "权限为经办，此处需要复核" in explain(Refusal("WrongRight", right, b""), "zh")
        assert "as 12." in explain(Refusal("MissingRole", {"party": 1, "role": 12}, b""))

    def test_the_error_should_carry_both_languages_and_the_evidence(self):
        error = refused(self.NOT_ENOUGH)
        assert error.code == "not-enough"
        assert error.message == explain(self.NOT_ENOUGH)
        assert error.evidence == {
            "ticket": "0x" + TICKET.hex(),
            "free": 12_345_678,
            "value": 20_000_000,
            "zh": explain(self.NOT_ENOUGH, "zh"),
        }

    def test_given_an_unknown_reason_it_should_still_say_something(self):
        error = refused(Refusal("", {"panic": 17}, b""))
        assert type(error) is Refused
        assert "The operator looks into it" in error.message
        assert error.evidence["panic"] == 17

    def test_already_done_means_it_took_effect(self):
        assert took_effect(Refusal("AlreadyDone", {"child": TICKET}, b""))
        assert not took_effect(Refusal("Withdrawn", {"child": TICKET}, b""))
