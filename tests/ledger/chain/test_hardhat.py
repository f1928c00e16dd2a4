"""Hardhat, the other compiler. (In a file of its own, so that it runs beside the Python compile.)

given contracts/
  when Hardhat compiles them with the settings of solc-settings.json
    it should give the committed artifacts' bytecode, link placeholders included
"""

import json
import subprocess

from ledger.chain.compile import ARTIFACTS
from ledger.chain.nodes.binaries import ROOT, node_binary, npm_file


def test_hardhat_gives_the_same_bytecode() -> None:
    cli = npm_file("Hardhat", "hardhat/dist/src/cli.js")
    # A file's bytecode may change when only others did, and Hardhat would take the old one out of its cache.
    built = subprocess.run(
        [node_binary(), cli, "build", "--force"], cwd=ROOT, capture_output=True, text=True, timeout=280
    )
    assert built.returncode == 0, built.stderr

    theirs = [
        json.loads(file.read_text()) for file in (ROOT / "artifacts" / "contracts").rglob("*.sol/*.json")
    ]
    ours = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in ARTIFACTS.glob("*.json")}
    compared = [artifact for artifact in theirs if artifact["contractName"] in ours]
    assert {artifact["contractName"] for artifact in compared} == ours.keys()
    for artifact in compared:
        own = ours[artifact["contractName"]]
        for key in ("bytecode", "deployedBytecode"):
            assert artifact[key] == own.get(key, "0x"), f"{artifact['contractName']}.{key}"
        assert artifact["linkReferences"] == own.get("linkReferences", {})
