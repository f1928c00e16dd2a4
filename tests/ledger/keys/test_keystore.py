"""Keys on the server.

Keystore
├── given no passphrase: it should neither make nor open a key, and name the setting
├── given a wrong passphrase, a damaged or swapped file, a file that others can read: it should stay shut
├── given an address whose key is not here, or none at all: it should be NotFound
├── given anything that went wrong: no message, repr or traceback should hold key or passphrase
├── create
│   ├── it should write one file of mode 0600 in a folder of mode 0700
│   ├── its file should open with eth-account
│   └── light should cost 2^12, else 2^18
├── sign
│   ├── it should give a signature that recovers to the address
│   └── it should open the file once
└── add: given a key that is here already, its file should stay as it is
"""

import json
import stat
import traceback

import pytest
from eth_account import Account

from ledger.errors import NotFound
from ledger.ids import keccak256
from ledger.keys import keystore
from ledger.keys.keystore import Keystore, KeystoreLocked
from ledger.signatures import address_of, recover

PASSPHRASE = "correct horse battery staple 金票"
KEY = keccak256(b"wanyue")
ADDRESS = address_of(KEY)
DIGEST = keccak256(b"act")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "keys"


@pytest.fixture
def store(folder):
    return Keystore(folder, PASSPHRASE, light=True)


@pytest.fixture
def wanyue(store, folder):
    """皖岳铸锻's key, seen by a server that has just started."""
    store.add(KEY)
    return Keystore(folder, PASSPHRASE, light=True)


def test_given_no_passphrase_it_should_name_the_setting(folder, wanyue):
    shut = Keystore(folder, "")
    for attempt in (shut.create, lambda: shut.sign(ADDRESS, DIGEST)):
        with pytest.raises(KeystoreLocked, match="set GOLDTICKET_PASSPHRASE"):
            attempt()


def test_given_a_wrong_passphrase_it_should_stay_shut_and_tell_nothing(folder, wanyue):
    wrong = PASSPHRASE.upper()
    with pytest.raises(KeystoreLocked, match="GOLDTICKET_PASSPHRASE is not the one") as caught:
        Keystore(folder, wrong).sign(ADDRESS, DIGEST)
    told = "".join(traceback.format_exception(caught.value)) + str(caught.value.evidence)
    assert wrong not in told
    assert KEY.hex() not in told


@pytest.mark.parametrize("content", ["", "{}", '{"version": 3, "crypto": {}}', "[]"])
def test_given_a_damaged_file_it_should_stay_shut(folder, wanyue, content):
    (folder / f"{ADDRESS}.json").write_text(content)
    with pytest.raises(KeystoreLocked, match="damaged"):
        wanyue.sign(ADDRESS, DIGEST)


def test_given_a_swapped_file_it_should_stay_shut(folder, store, wanyue):
    other = store.create()
    (folder / f"{other}.json").replace(folder / f"{ADDRESS}.json")
    with pytest.raises(KeystoreLocked, match="another key than its name says"):
        wanyue.sign(ADDRESS, DIGEST)


def test_given_a_file_that_others_can_read_it_should_stay_shut(folder, wanyue):
    (folder / f"{ADDRESS}.json").chmod(0o640)
    with pytest.raises(KeystoreLocked, match="run chmod 600"):
        wanyue.sign(ADDRESS, DIGEST)


@pytest.mark.parametrize("address", ["0x" + "00" * 20, "", "../../etc/passwd", "0x" + "/" * 40])
def test_given_an_unknown_address_it_should_be_not_found(store, address):
    with pytest.raises(NotFound):
        store.sign(address, DIGEST)


def test_its_repr_should_show_neither_key_nor_passphrase(wanyue):
    wanyue.sign(ADDRESS, DIGEST)
    assert KEY.hex() not in repr(wanyue)
    assert PASSPHRASE not in repr(wanyue)


def test_create_should_write_one_file_for_the_owner_alone(store, folder):
    address = store.create()
    (file,) = folder.iterdir()
    assert file.name == f"{address}.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert store.addresses() == [address]
    assert store.holds(address)
    assert not store.holds(ADDRESS)


def test_its_file_should_open_with_eth_account(wanyue, folder):
    content = json.loads((folder / f"{ADDRESS}.json").read_text())
    assert content["version"] == 3
    assert bytes(Account.decrypt(content, PASSPHRASE)) == KEY


def test_light_should_cost_little_and_the_standard_more(folder, wanyue, monkeypatch):
    def cost():
        return json.loads((folder / f"{ADDRESS}.json").read_text())["crypto"]["kdfparams"]["n"]

    assert cost() == 2**12
    assert keystore.STANDARD_COST == 2**18
    monkeypatch.setattr(keystore, "STANDARD_COST", 2**13)
    (folder / f"{ADDRESS}.json").unlink()
    Keystore(folder, PASSPHRASE).add(KEY)
    assert cost() == 2**13


def test_sign_should_recover_to_the_address(wanyue):
    assert recover(DIGEST, wanyue.sign(ADDRESS, DIGEST)) == ADDRESS


def test_sign_should_open_the_file_once(wanyue, folder):
    wanyue.sign(ADDRESS, DIGEST)
    (folder / f"{ADDRESS}.json").unlink()
    assert recover(DIGEST, wanyue.sign(ADDRESS, DIGEST)) == ADDRESS


def test_given_a_key_that_is_here_its_file_should_stay(wanyue, folder):
    before = (folder / f"{ADDRESS}.json").read_text()
    assert wanyue.add(KEY) == ADDRESS
    assert (folder / f"{ADDRESS}.json").read_text() == before


def test_given_no_folder_it_should_hold_nothing(folder):
    assert Keystore(folder, PASSPHRASE).addresses() == []
