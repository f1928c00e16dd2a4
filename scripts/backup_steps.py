"""scripts/backup and scripts/restore: a tar of the journal's dump, the keys and the deployment's record, with a hash of
each, so that a file cut short is found out before it is needed."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tarfile
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ledger.book.backup import BackupFailed, dump, load
from ledger.errors import GoldTicketError
from ledger.settings import Settings, load_settings

BOOK = "journal"
MANIFEST = "manifest.json"
OWN = ("deployment.json", "relayer*.key", "consortium.key")
"""Files of a home that are saved, one relayer's key for each sender; the folder `keys` too. The embedded node's chain
is not: it is the ledger itself."""


def backup(settings: Settings, file: Path) -> dict[str, str]:
    """Writes `file`; name → SHA-256 of what is in it."""
    with tempfile.TemporaryDirectory(prefix="goldticket-backup-") as folder:
        journal = Path(folder) / BOOK
        dump(settings.book_dsn, journal)
        found = {BOOK: journal} | {
            path.relative_to(settings.home).as_posix(): path for path in _own(settings)
        }
        hashes = {name: _hash(path.read_bytes()) for name, path in found.items()}
        manifest = Path(folder) / MANIFEST
        manifest.write_text(json.dumps({"at": int(time.time()), "sha256": hashes}, indent=1) + "\n")
        part = file.with_name(file.name + ".part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
            with tarfile.open(fileobj=raw, mode="w") as tar:
                for name, path in ((MANIFEST, manifest), *found.items()):
                    tar.add(path, name)
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(file)
    return hashes


def check(file: Path) -> dict[str, bytes]:
    """What is in a backup, by name. Raises BackupFailed for one that is not whole."""
    try:
        with tarfile.open(file) as tar:
            found = {member.name: _content(tar, member) for member in tar.getmembers()}
    except (tarfile.TarError, OSError, EOFError) as error:
        raise BackupFailed(f"{file} can't be read ({error}): take another backup") from error
    if MANIFEST not in found:
        raise BackupFailed(f"{file} is no backup of a gateway: there is no {MANIFEST} in it")
    wanted = json.loads(found.pop(MANIFEST))["sha256"]
    wrong = sorted(
        name for name in wanted.keys() | found.keys() if wanted.get(name) != _hash(found.get(name))
    )
    if wrong:
        raise BackupFailed(f"{file} is damaged ({', '.join(wrong)} differ): take another backup")
    return found


def restore(settings: Settings, file: Path) -> list[str]:
    """Puts everything in its place; the names. Overwrites nothing."""
    found = check(file)
    there = [name for name in found if name != BOOK and (settings.home / name).exists()]
    if there:
        raise BackupFailed(f"{settings.home} has {there[0]} already: restore into another folder (--home)")
    with tempfile.TemporaryDirectory(prefix="goldticket-restore-") as folder:
        journal = Path(folder) / BOOK
        journal.touch(mode=0o600)
        journal.write_bytes(found.pop(BOOK))
        load(journal, settings.book_dsn)
    for name, content in found.items():
        path = settings.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(content)
    return sorted(found)


def _own(settings: Settings) -> list[Path]:
    single = (path for pattern in OWN for path in sorted(settings.home.glob(pattern)))
    folder = sorted((settings.home / "keys").rglob("*"))
    return [path for path in (*single, *folder) if path.is_file()]


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    taken = tar.extractfile(member)
    if taken is None or member.name.startswith("/") or ".." in Path(member.name).parts:
        raise BackupFailed(
            f"{member.name} has no place in a backup: this file was not made by scripts/backup"
        )
    return taken.read()


def _hash(content: bytes | None) -> str:
    return "" if content is None else hashlib.sha256(content).hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/backup, scripts/restore")
    parser.add_argument("what", choices=["backup", "restore"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    try:
        settings = load_settings(given.home)
        if given.what == "backup":
            saved = backup(settings, given.file)
            print(
                f"{given.file}: the journal and {len(saved) - 1} files, {given.file.stat().st_size:,} bytes."
            )
        elif given.check:
            print(f"{given.file} is whole: the journal and {len(check(given.file)) - 1} files.")
        else:
            names = restore(settings, given.file)
            print(
                f"The journal and {len(names)} files are back in {settings.home}. Serve, wait until /v1/ready says "
                "that the book is level, then goldticket verify. If something was sent after the backup, the first act "
                "of each relayer's key takes some ten seconds longer: nodes refuse the numbers that are used. Never "
                "start the old gateway beside this one."
            )
    except GoldTicketError as error:
        print(f"{error.title}. {error.message}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
