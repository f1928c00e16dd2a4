"""The compiler.

given sources that are wrong
  it should refuse them with the compiler's words, or name the two contracts (or stored types) of one name
given packages that are not installed
  it should say to run scripts/setup
given a contract above EIP-170's limit
  it should be named
given contracts/
  it should compile without a warning, each contract within EIP-170's limit
  it should give what is committed in ledger/chain/artifacts
"""

from pathlib import Path

import pytest

from ledger.chain.compile import (
    ARTIFACTS,
    CONTRACTS,
    MAX_DEPLOYED_BYTES,
    Compiled,
    artifact_text,
    compile_contracts,
    size_table,
    write_artifacts,
)
from ledger.chain.nodes import ToolMissing
from ledger.chain.solc import CompileError

HEAD = "// SPDX-License-Identifier: Apache-2.0\npragma solidity ^0.8.28;\n"
LEDGER = f"""{HEAD}
import {{Rules}} from "./libraries/Rules.sol";
interface Readable {{ function sum() external view returns (uint256); }}
contract Book is Readable {{
    uint256 public sum;
    function add(uint256 fen) external {{ sum += Rules.payable_(fen) + Inner.twice(fen); }}
}}
library Inner {{ function twice(uint256 fen) internal pure returns (uint256) {{ return fen * 2; }} }}
"""
RULES = f"""{HEAD}
library Rules {{ function payable_(uint256 fen) external pure returns (uint256) {{ return fen / 2; }} }}
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "contracts"
    (folder / "libraries").mkdir(parents=True)
    (folder / "Book.sol").write_text(LEDGER)
    (folder / "libraries" / "Rules.sol").write_text(RULES)
    return folder


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return compile_contracts()


# ---- wrong sources, missing programs ----


def test_a_wrong_source_is_refused_with_the_compilers_words(sources: Path) -> None:
    (sources / "Book.sol").write_text(LEDGER.replace("sum +=", "total +="))

    with pytest.raises(CompileError, match=r"(?s)Undeclared identifier.*project/contracts/Book.sol"):
        compile_contracts(sources)


def test_two_contracts_of_one_name_are_refused(sources: Path) -> None:
    (sources / "Other.sol").write_text(RULES)

    with pytest.raises(CompileError, match=r"two contracts are called Rules: .*Other.sol.*Rules.sol"):
        compile_contracts(sources)


def test_a_folder_without_sources_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CompileError, match=r"no \.sol file"):
        compile_contracts(tmp_path)


def test_a_missing_compiler_names_setup(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOLDTICKET_NODE_MODULES", str(tmp_path / "nowhere"))

    with pytest.raises(ToolMissing, match=r"compiler is missing .*: run scripts/setup"):
        compile_contracts(sources)


def test_a_contract_above_the_limit_is_named() -> None:
    large = Compiled({"Huge": {"deployedSize": MAX_DEPLOYED_BYTES + 1}, "Fits": {"deployedSize": 24_576}})

    assert large.oversized() == ["Huge"]
    assert "1 TOO MANY" in next(size_table(large))


# ---- what an artifact holds ----


def test_an_artifact_has_code_links_and_storage(sources: Path) -> None:
    made = compile_contracts(sources).artifacts

    assert set(made) == {"Book", "Readable", "Rules"}
    assert "bytecode" not in made["Readable"]
    book = made["Book"]
    assert book["sourceName"] == "contracts/Book.sol"
    link = book["linkReferences"]["project/contracts/libraries/Rules.sol"]["Rules"][0]
    assert book["bytecode"][2 + 2 * link["start"] :].startswith("__$")
    assert book["deployedSize"] == len(book["deployedBytecode"]) // 2 - 1
    assert [slot["label"] for slot in book["storageLayout"]["storage"]] == ["sum"]


def test_a_storage_layout_does_not_change_with_files_beside_it(sources: Path) -> None:
    owner = "contract Owner { struct Line { uint96 fen; } mapping(bytes32 => Line) public lines; }"
    (sources / "Owner.sol").write_text(HEAD + owner)
    alone = compile_contracts(sources).artifacts["Owner"]

    (sources / "Added.sol").write_text(HEAD + "contract Added { uint256 public first; }")

    assert compile_contracts(sources).artifacts["Owner"] == alone
    assert "t_struct(Line)_storage" in alone["storageLayout"]["types"]


def test_two_types_of_one_name_are_refused(sources: Path) -> None:
    twice = (
        "library One { struct Line { uint96 fen; } } library Two { struct Line { uint48 party; } }"
        "contract Owner { One.Line public first; Two.Line public second; }"
    )
    (sources / "Owner.sol").write_text(HEAD + twice)

    with pytest.raises(CompileError, match="two types of one name"):
        compile_contracts(sources)


def test_writing_deletes_what_is_gone(tmp_path: Path) -> None:
    (tmp_path / "Gone.json").write_text("{}")

    write_artifacts(Compiled({"Stays": {"abi": []}}), tmp_path)

    assert [file.name for file in tmp_path.iterdir()] == ["Stays.json"]


# ---- the contracts of this repository ----


def test_the_contracts_compile_without_warning(compiled: Compiled) -> None:
    assert compiled.warnings == []
    assert compiled.oversized() == []
    assert {name for name, artifact in compiled.artifacts.items() if "deployedSize" in artifact} == set(
        CONTRACTS
    )


def test_the_committed_artifacts_are_a_fresh_compile(compiled: Compiled) -> None:
    fresh = {name: artifact_text(artifact) for name, artifact in compiled.artifacts.items()}
    committed = {file.stem: file.read_text(encoding="utf-8") for file in ARTIFACTS.glob("*.json")}

    assert fresh.keys() == committed.keys(), "run scripts/compile"
    assert [name for name in fresh if fresh[name] != committed[name]] == [], "run scripts/compile"
