"""Acts as calldata and back; logs as events.

encode_call
├── given an unknown function, too few arguments, a missing field or a value that does not fit
│   └── it should name what is wrong
└── given random arguments of each function of the contract
    ├── it should equal eth_abi's encoding
    └── decode_call should give the arguments back
encode_transfer
├── given an index out of range, given twice, or of another receiver: it should refuse
├── given some of the children accepted: it should equal eth_abi's encoding, others as struct hashes in order
└── offer_digest of what it encoded should be the digest the holder signed
encode_relay
└── it should equal eth_abi's encoding, and decode_acts give the acts by position
decode_call
├── given cut, dirty or self-referring bytes: it should refuse quickly
└── given a relay in a relay, or noise: decode_acts should give None at its position
decode_event
├── given a foreign topic: it should refuse
├── given a USCC that is not UTF-8: it should still be read
└── given random values of each event: it should equal what was logged
"""

import json
from random import Random
from time import perf_counter

import pytest
from eth_abi import encode as eth_abi_encode
from eth_utils import event_abi_to_log_topic, function_abi_to_4byte_selector, to_checksum_address

from ledger.chain import codec
from ledger.chain.abi import Undecodable
from ledger.chain.artifact import load_artifact
from ledger.ports import Call
from ledger.typed import Domain, digest, struct_hash

ABI = load_artifact("GoldTicket")["abi"]
FUNCTIONS = [entry for entry in ABI if entry["type"] == "function"]
EVENTS = [entry for entry in ABI if entry["type"] == "event"]
DOMAIN = Domain(chain_id=31337, address="0x" + "ab" * 20, salt=bytes(range(32)))

WANYUE, SUHENG, WUZE, XICHUAN, HEYI = 3, 4, 5, 6, 7


def random_value(kind, components, chance):
    """A value of an ABI type as ledger.typed has it."""
    if kind.endswith("[]"):
        return [random_value(kind[:-2], components, chance) for _ in range(chance.randrange(4))]
    if kind == "tuple":
        return {c["name"]: random_value(c["type"], c.get("components", []), chance) for c in components}
    if kind == "bool":
        return chance.random() < 0.5
    if kind == "string":
        return chance.choice(["", "91340100MA9DEM0A3H", "皖岳铸锻" * 9])
    if kind == "address":
        return to_checksum_address(chance.randbytes(20))
    if kind == "bytes":
        return chance.randbytes(chance.choice([0, 1, 32, 64, 65, 128]))
    if kind.startswith("bytes"):
        return chance.randbytes(int(kind[5:]))
    return chance.choice([0, 1, chance.getrandbits(int(kind[4:])), (1 << int(kind[4:])) - 1])


def values(entries, chance):
    return [random_value(entry["type"], entry.get("components", []), chance) for entry in entries]


def plain(value):
    """The tuples that eth_abi wants for structs."""
    if isinstance(value, dict):
        return tuple(plain(item) for item in value.values())
    return [plain(item) for item in value] if isinstance(value, list) else value


def signature_of(entry):
    """`tuple[]` of a JSON ABI entry as `(uint8,…)[]`."""
    kind = entry["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(signature_of(c) for c in entry['components'])}){kind.removeprefix('tuple')}"


def by_eth_abi(entries, args):
    return eth_abi_encode([signature_of(entry) for entry in entries], [plain(arg) for arg in args])


def abi_of(function):
    return next(entry for entry in FUNCTIONS if entry["name"] == function)


def child(to, value, mark):
    return {"to": to, "value": value, "trade": bytes([mark]) * 32, "salt": bytes([mark + 100]) * 32}


@pytest.fixture
def offer():
    """皖岳铸锻 offers four children to three suppliers."""
    return {
        "ticket": b"\x07" * 16 + bytes(16),
        "version": 2,
        "children": [
            child(WUZE, 10_000_000, 1),
            child(XICHUAN, 20_000_000, 2),
            child(WUZE, 5_000_000, 3),
            child(HEYI, 7, 4),
        ],
        "salt": b"\x55" * 32,
        "deadline": 1_795_000_000,
    }


class TestEncodeCall:
    def test_given_an_unknown_function_it_should_refuse(self):
        with pytest.raises(KeyError, match="mint"):
            codec.encode_call("mint", {})

    def test_given_too_few_arguments_it_should_say_how_many(self):
        with pytest.raises(ValueError, match="setLimit takes 2 arguments, 1 are given"):
            codec.encode_call("setLimit", {})

    @pytest.mark.parametrize(
        ("change", "wrong"),
        [
            ({"amount": 1 << 96}, "amount: 79228162514264337593543950336 does not fit in uint96"),
            ({"amount": -1}, "amount: -1 does not fit in uint96"),
            ({"amount": 1.5}, "amount: a whole number is needed, not float"),
            ({"salt": b"short"}, "salt: 5 bytes where 32 are needed"),
        ],
    )
    def test_given_a_value_that_does_not_fit_it_should_name_the_field(self, change, wrong):
        act = {"core": 1, "amount": 1, "expiry": 1, "sequence": 0, "salt": bytes(32), "deadline": 1}
        with pytest.raises(ValueError, match=wrong):
            codec.encode_call("setLimit", {**act, **change}, [])

    def test_given_a_missing_field_it_should_name_it(self):
        with pytest.raises(ValueError, match=r"setLimit: .*core is missing"):
            codec.encode_call("setLimit", {}, [])

    @pytest.mark.parametrize("entry", FUNCTIONS, ids=lambda entry: entry["name"])
    def test_given_random_arguments_it_should_equal_eth_abi_and_come_back(self, entry):
        chance = Random(entry["name"])
        for _ in range(20):
            args = values(entry["inputs"], chance)
            data = codec.encode_call(entry["name"], *args)
            assert data == function_abi_to_4byte_selector(entry) + by_eth_abi(entry["inputs"], args)
            assert codec.decode_call(data) == (entry["name"], args)


class TestEncodeTransfer:
    @pytest.mark.parametrize("indexes", [[4], [-1], [0, 0]])
    def test_given_an_index_that_is_not_there_or_twice_it_should_refuse(self, offer, indexes):
        with pytest.raises(ValueError, match="is given twice or is not among the 4"):
            codec.encode_transfer(offer, bytes(64), [(WUZE, indexes, bytes(64))])

    def test_given_another_receivers_child_it_should_refuse(self, offer):
        with pytest.raises(ValueError, match="child 1 is for participant 6, not for 5"):
            codec.encode_transfer(offer, bytes(64), [(WUZE, [1], bytes(64))])

    @pytest.mark.parametrize(
        "accepted",
        [
            [(XICHUAN, [1], b"x" * 64)],
            [(WUZE, [2, 0], b"w" * 128)],
            [
                (HEYI, [3], b"h" * 64),
                (WUZE, [0], b"w" * 64),
                (WUZE, [2], b"v" * 64),
                (XICHUAN, [1], b"x" * 128),
            ],
            [],
        ],
    )
    def test_given_accepted_children_it_should_equal_eth_abi(self, offer, accepted):
        taken = {index for _, indexes, _ in accepted for index in indexes}
        act = {
            "ticket": offer["ticket"],
            "version": offer["version"],
            "salt": offer["salt"],
            "deadline": offer["deadline"],
            "others": [struct_hash("Child", c) for i, c in enumerate(offer["children"]) if i not in taken],
            "signatures": b"s" * 128,
            "acceptances": [
                {
                    "to": to,
                    "legs": [
                        {"index": i, **{k: offer["children"][i][k] for k in ("value", "trade", "salt")}}
                        for i in indexes
                    ],
                    "signatures": signed,
                }
                for to, indexes, signed in accepted
            ],
        }
        data = codec.encode_transfer(offer, b"s" * 128, accepted)
        assert data[4:] == by_eth_abi(abi_of("transfer")["inputs"], [act])
        assert codec.decode_call(data) == ("transfer", [act])
        assert codec.offer_digest(DOMAIN, act) == digest(DOMAIN, "Offer", offer)

    def test_given_holes_among_the_indexes_no_digest_comes_out(self, offer):
        _, (act,) = codec.decode_call(codec.encode_transfer(offer, bytes(64), [(XICHUAN, [1], bytes(64))]))
        act["acceptances"][0]["legs"][0]["index"] = 4
        with pytest.raises(ValueError, match="indexes \\[4\\] of 4 children"):
            codec.offer_digest(DOMAIN, act)


class TestRelay:
    def test_it_should_equal_eth_abi_and_come_back(self):
        calls = [Call(50_000, b"\x01\x02\x03\x04" + bytes(33)), Call(4_294_967_295, b""), Call(1, bytes(64))]
        args = [[{"gas": call.gas, "data": call.data} for call in calls]]
        data = codec.encode_relay(calls)
        assert data == codec.encode_call("relay", *args)
        assert data[4:] == by_eth_abi(abi_of("relay")["inputs"], args)
        assert codec.decode_call(data) == ("relay", args)

    def test_given_noise_and_a_relay_inside_it_should_keep_positions(self):
        back = codec.encode_call("returnLock", b"\x09" * 32)
        calls = [Call(1, b"noise"), Call(1, back), Call(1, codec.encode_relay([Call(1, back)]))]
        assert codec.decode_acts(codec.encode_relay(calls)) == [None, ("returnLock", [b"\x09" * 32]), None]

    def test_given_a_direct_call_it_should_be_the_only_act(self):
        assert codec.decode_acts(codec.encode_call("reportOverdue", b"\x08" * 16)) == [
            ("reportOverdue", [b"\x08" * 16])
        ]

    def test_given_no_act_at_all_it_should_be_none(self):
        assert codec.decode_acts(b"") == [None]


class TestDecodeCall:
    def test_given_cut_bytes_it_should_refuse_at_every_length(self, offer):
        data = codec.encode_transfer(offer, bytes(64), [(WUZE, [0, 2], bytes(64))])
        for length in range(0, len(data), 7):
            with pytest.raises(Undecodable):
                codec.decode_call(data[:length])

    @pytest.mark.parametrize("at", [4 + 32, 4 + 64])
    def test_given_dirty_upper_bits_it_should_refuse(self, at):
        act = {"core": 1, "amount": 1, "expiry": 1, "sequence": 0, "salt": bytes(32), "deadline": 1}
        data = bytearray(codec.encode_call("setLimit", act, []))
        data[at] = 1
        with pytest.raises(Undecodable, match="does not fit"):
            codec.decode_call(bytes(data))

    def test_given_thousands_of_offsets_to_one_place_it_should_refuse_quickly(self):
        selector = codec.FUNCTIONS["relay"].selector
        count, huge = 2_000, 60_000
        words = [32, count] + [32 * count] * count
        item = [1, 64, huge]
        data = selector + b"".join(w.to_bytes(32, "big") for w in words + item) + bytes(huge)
        started = perf_counter()
        with pytest.raises(Undecodable):
            codec.decode_call(data)
        assert perf_counter() - started < 1


class TestEvents:
    def test_given_a_foreign_topic_it_should_refuse(self):
        with pytest.raises(Undecodable, match="no event of GoldTicket"):
            codec.decode_event([b"\x01" * 32], b"")

    def test_given_no_topic_it_should_refuse(self):
        with pytest.raises(Undecodable):
            codec.decode_event([], b"")

    def test_given_a_uscc_that_is_not_utf8_it_should_still_be_read(self):
        entry = next(entry for entry in EVENTS if entry["name"] == "Admitted")
        kinds = ["bytes" if e["type"] == "string" else e["type"] for e in entry["inputs"] if not e["indexed"]]
        data = eth_abi_encode(kinds, [b"\xff" * 18, 1, 2, bytes(32), 3, 4])
        _, args = codec.decode_event([event_abi_to_log_topic(entry), (9).to_bytes(32, "big")], data)
        assert args["uscc"] == "\\xff" * 18
        assert args["party"] == 9
        json.dumps(args["uscc"])

    @pytest.mark.parametrize("entry", EVENTS, ids=lambda entry: entry["name"])
    def test_given_random_values_it_should_read_what_was_logged(self, entry):
        chance = Random(entry["name"])
        for _ in range(10):
            args = values(entry["inputs"], chance)
            pairs = list(zip(entry["inputs"], args, strict=True))
            topics = [event_abi_to_log_topic(entry)]
            topics += [by_eth_abi([one], [arg]) for one, arg in pairs if one["indexed"]]
            rest = [pair for pair in pairs if not pair[0]["indexed"]]
            log = {
                "topics": ["0x" + topic.hex() for topic in topics],
                "data": "0x" + by_eth_abi([one for one, _ in rest], [arg for _, arg in rest]).hex(),
                "blockNumber": "0x10",
                "transactionHash": "0x" + "cd" * 32,
                "logIndex": "0x3",
            }
            event = codec.decode_log(log, time=1_795_000_000)
            assert event.name == entry["name"]
            assert list(event.args.items()) == [(one["name"], arg) for one, arg in pairs]
            assert (event.block, event.tx, event.log, event.time) == (16, b"\xcd" * 32, 3, 1_795_000_000)
