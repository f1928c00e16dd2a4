"""Settings, from the environment (`GOLDTICKET_…`) or a `.env` file; documented in docs/settings.md."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ledger.errors import Invalid


class InvalidSettings(Invalid):
    """A variable of the environment has a value that it can't have."""

    code = "invalid-settings"
    title = "The settings are not valid"


class Settings(BaseSettings):
    """One gateway's settings. Secrets are never shown in logs, errors or `repr`."""

    model_config = SettingsConfigDict(env_prefix="GOLDTICKET_", env_file=".env", extra="ignore")

    home: Path = Field(
        default=Path(".goldticket"), description="Folder of the embedded node, the book, keys and logs"
    )
    dsn: str = Field(
        "",
        description="Database; default: SQLite in the home folder. PostgreSQL: postgresql+psycopg://…",
        repr=False,  # it may hold a password, as the URLs of the network may
    )
    engine: Literal["ganache", "hardhat", "anvil", "rpc"] = Field(
        "ganache", description="The embedded node to start, or `rpc` for a network that is already there"
    )
    rpc_urls: list[str] = Field(
        default_factory=list, description="JSON-RPC URLs of the network, with engine `rpc`", repr=False
    )
    engine_file: Path | None = Field(
        None,
        description="Description of the network, TOML, with engine `rpc`, in the place of the URLs: what "
        "`goldticket network probe` writes",
    )
    host: str = Field("127.0.0.1", description="Address the API listens on")
    port: int = Field(8600, ge=0, le=65535, description="Port the API listens on; 0: any free one")
    processes: int = Field(
        1,
        ge=1,
        le=64,
        description="Processes of this gateway: one does everything; of several one relays and watches, and the others "
        "answer requests, each on a core of its own",
    )
    passphrase: SecretStr = Field(SecretStr(""), description="Opens the server's keystore")
    relayer_key: SecretStr = Field(
        SecretStr(""),
        description="Private key that sends transactions (0x hex), or several with commas; "
        "default: kept in the home folder",
    )
    relayers: int = Field(
        1, ge=1, le=64, description="How many keys send transactions, where they are kept in the home folder"
    )
    consortium_key: SecretStr = Field(
        SecretStr(""),
        description="Key of the invoice fingerprints (HMAC), the same at all gateways, 32 bytes hex; "
        "default: consortium.key in the home folder, which `goldticket deploy` makes",
    )
    observe: bool = Field(
        False, description="Only follow the chain: no key, nothing sent, an API that only answers"
    )
    answer_days: int = Field(
        30,
        ge=0,
        le=3650,
        description="Days for which a request sent again with its Idempotency-Key gets the first answer; 0: for ever",
    )
    confirmations: int = Field(0, ge=0, description="Blocks that the projection stays behind the head")
    light_keys: bool = Field(
        False, description="Cheap key derivation for the keystore; for demos and tests only"
    )
    poll_seconds: float = Field(0.2, gt=0, description="Pause between two looks at chain and outbox")

    @property
    def book_dsn(self) -> str:
        """The database URL."""
        return self.dsn or f"sqlite:///{self.home / 'book.sqlite'}"

    @property
    def deployment_file(self) -> Path:
        """Where the deployment's addresses stand, JSON."""
        return self.home / "deployment.json"


def load_settings(home: Path | None = None) -> Settings:
    """The settings of this process; `home` outranks GOLDTICKET_HOME. Raises InvalidSettings, which names the variable
    and never its value: it may be a secret."""
    try:
        return Settings() if home is None else Settings(home=home)
    except ValidationError as error:
        found = [(".".join(map(str, item["loc"])), item["msg"]) for item in error.errors(include_input=False)]
        wrong = "; ".join(f"GOLDTICKET_{name.upper()}: {message}" for name, message in found)
        raise InvalidSettings(
            f"{wrong}. Correct it in the environment or .env; docs/settings.md lists all.",
            settings=[name for name, _ in found],
        ) from None
