"""Documented settings are the settings.

docs/settings.md
├── it should have a row for each field of Settings, in its order, with its description
├── it should state the default of each
└── it should have no row more

repr of Settings
└── it should hold no password: not the passphrase, not the database's, not the node's
"""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import SecretStr

from ledger.settings import Settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"
ROW = re.compile(r"^\| `(?P<name>[A-Z_]+)` \| (?P<default>[^|]*) ?\| (?P<text>.*) \|$", re.M)


def rows() -> list[tuple[str, str, str]]:
    found = ROW.finditer(PAGE.read_text(encoding="utf-8"))
    return [(row["name"], row["default"].strip().strip("`"), row["text"]) for row in found]


def shown(default: object) -> str:
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if default in ("", [], None):
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default)


def test_each_setting_should_be_documented_as_it_is() -> None:
    expected = [
        (f"GOLDTICKET_{name.upper()}", shown(field.get_default(call_default_factory=True)), field.description)
        for name, field in Settings.model_fields.items()
    ]
    assert rows() == expected


def test_no_password_in_the_repr() -> None:
    settings = Settings(
        passphrase=SecretStr("hush"),
        relayer_key=SecretStr("hush"),
        consortium_key=SecretStr("hush"),
        dsn="postgresql+psycopg://gold:hush@db/gold",
        rpc_urls=["https://gold:hush@node/v3/hush"],
    )
    assert "hush" not in repr(settings) + str(settings)
