"""The tree of errors.

given any class of the tree
  it should have a code of its own in kebab case and a status that fits an error
given the pure modules with their own errors
  it should find no code twice
given an error with evidence
  it should keep message and evidence apart
given the name of a contract error
  it should give one and the same subclass of Refused, with a readable code
"""

import re
from importlib import import_module

import pytest

from ledger.errors import GoldTicketError, Invalid, Refused, kebab, refusal


def tree(cls: type[GoldTicketError]) -> list[type[GoldTicketError]]:
    return [cls, *(c for sub in cls.__subclasses__() for c in tree(sub))]


@pytest.mark.parametrize("cls", tree(GoldTicketError), ids=lambda c: c.__name__)
def test_each_class_is_described(cls):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", cls.code)
    assert 400 <= cls.status < 600
    assert cls.title


def test_no_code_is_used_twice():
    for module in ("calendar", "clock", "discount", "documents", "ids", "money", "payable_file", "payouts"):
        import_module(f"ledger.{module}")
    named = [cls for cls in set(tree(GoldTicketError)) if not issubclass(cls, Refused)]
    codes = sorted(cls.code for cls in named if "code" in vars(cls))
    assert codes == sorted(set(codes))


def test_an_error_keeps_its_evidence():
    error = Invalid("amount -5 is below zero; give a positive amount", amount=-5)
    assert str(error) == error.message == "amount -5 is below zero; give a positive amount"
    assert error.evidence == {"amount": -5}


def test_a_message_can_be_among_the_evidence():
    assert Invalid("odd", message="raw").evidence == {"message": "raw"}


def test_a_refusal_is_one_class_for_each_contract_error():
    assert refusal("BelowMinimum") is refusal("BelowMinimum")
    assert issubclass(refusal("BelowMinimum"), Refused)
    assert refusal("BelowMinimum").code == "below-minimum"
    assert refusal("BelowMinimum").title == "Below minimum"
    with pytest.raises(Refused, match="100 fen"):
        raise refusal("BelowMinimum")("the child is 100 fen", value=100)


@pytest.mark.parametrize(
    ("camel", "words"), [("Expired", "expired"), ("NotUSCC", "not-uscc"), ("ABIBroken", "abi-broken")]
)
def test_kebab(camel, words):
    assert kebab(camel) == words
