"""Knowing our code again.

is_our_code
├── given one changed byte, another length or another contract: it should be false
└── given other library addresses, immutables or a library's own address: it should be true
linked_libraries
├── given one library at two addresses: None
└── given our code: each library's address
creation_code: given a missing library, it should name it
"""

import pytest

from ledger.chain.artifact import creation_code, is_our_code, libraries_of, linked_libraries, load_artifact

MAIN = load_artifact("GoldTicket")
LIBRARIES = {name: "0x" + bytes([i + 1] * 20).hex() for i, name in enumerate(libraries_of(MAIN))}


def deployed(artifact, libraries=LIBRARIES, immutable=b"\x5a" * 32):
    """Code as it lies on a chain."""
    linked = {"bytecode": artifact["deployedBytecode"], "linkReferences": artifact["deployedLinkReferences"]}
    code = creation_code(linked, libraries)
    return code.replace(b"\x7f" + bytes(32), b"\x7f" + immutable)


def changed(code, at):
    return code[:at] + bytes([code[at] ^ 1]) + code[at + 1 :]


def test_given_other_libraries_and_immutables_it_should_be_ours():
    code = deployed(MAIN)
    assert code != deployed(MAIN, immutable=b"\x01" * 32)
    assert is_our_code(MAIN, code)
    assert linked_libraries(MAIN, code) == {n: bytes.fromhex(a[2:]) for n, a in LIBRARIES.items()}


def test_given_one_changed_byte_it_should_not_be_ours():
    code = deployed(MAIN)
    for at in (0, 1, 100, len(code) - 1):
        assert not is_our_code(MAIN, changed(code, at))


def test_given_another_length_or_contract_it_should_not_be_ours():
    assert not is_our_code(MAIN, b"")
    assert not is_our_code(MAIN, deployed(MAIN) + b"\0")
    assert not is_our_code(MAIN, deployed(load_artifact("IssueLib")))


@pytest.mark.parametrize("name", libraries_of(MAIN))
def test_a_library_should_be_ours_wherever_it_lies(name):
    artifact = load_artifact(name)
    code = deployed(artifact, immutable=bytes(12) + b"\x77" * 20)
    assert code != deployed(artifact)
    assert is_our_code(artifact, code)
    assert not is_our_code(artifact, changed(code, 50))


def test_given_one_library_at_two_addresses_there_should_be_none():
    starts = MAIN["deployedLinkReferences"]["project/contracts/libraries/SettleLib.sol"]["SettleLib"]
    assert linked_libraries(MAIN, changed(deployed(MAIN), starts[1]["start"])) is None


def test_given_a_missing_library_it_should_be_named():
    with pytest.raises(KeyError, match="IssueLib"):
        creation_code(MAIN, {name: at for name, at in LIBRARIES.items() if name != "IssueLib"})
