"""The specification, the model and the runs know the same branches.

given docs/specification.md and the reference model's source
    it should list for every act exactly the refusals and outcomes that the model has
    it should name errors that the contract has, and leave none of them out but those of deploying and calling
    it should name tests that there are, for branches that no run reaches
given the reference model itself
    it should be short, and need nothing but Python's own library
    it should have a method for each function of the contract that writes
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from tests.model import participants, reference
from tests.model.branches import branches, kinds
from tests.model.specification import ROOT, TEXT, documented
from tests.support import abi

NO_ACT = {"NotPlainAccount", "WrongChain", "PredecessorOpen"}
"""Errors of deploying, and of calling from elsewhere."""


def test_the_specification_lists_what_the_model_does() -> None:
    assert {str(branch) for branch in set(documented()) ^ branches()} == set()


def test_its_errors_are_the_contracts() -> None:
    named = {name for _, name in documented() if name[0].isupper()}
    assert named - set(abi.error_names()) == set()
    assert set(abi.error_names()) - named - NO_ACT == set()


def test_the_tests_that_it_names_are_there() -> None:
    for said in documented().values():
        if said.test is not None:
            file, function = said.test
            assert f"def {function}(" in (ROOT / file).read_text()


def test_the_files_that_it_names_are_there() -> None:
    paths = re.findall(r"`((?:tests|scripts|docs)/[\w/.]+)", TEXT.read_text())
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_function_that_writes_is_an_act() -> None:
    assert set(kinds()) == set(abi.function_names())


@pytest.mark.parametrize("module", [reference, participants])
def test_the_model_stands_alone(module: object) -> None:
    path = Path(str(getattr(module, "__file__", "")))
    text = path.read_text()
    assert text.count("\n") < 500
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        )
    }
    assert imported - set(sys.stdlib_module_names) - {"tests"} == set()
    assert not re.search(r"from tests\.(?!model\.participants)", text)
