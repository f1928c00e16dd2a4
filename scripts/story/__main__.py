"""`scripts/demo`: tells the story of a gold ticket's whole life on this machine, and leaves the gateway up."""

from __future__ import annotations

import argparse
import logging
import shutil
import signal
import sys
import time
from pathlib import Path

import structlog
from pydantic import SecretStr

from ledger.errors import GoldTicketError
from ledger.settings import Settings
from scripts.story import plot
from scripts.story.stage import open_stage
from scripts.story.story import Story
from scripts.story.voice import LANGUAGES, Voice, language

HOME = Path(".goldticket/demo")
PASSPHRASE = "demo"  # noqa: S105 - keys of invented people


def main() -> int:
    """Runs the story. Returns 0 when it went as told and everything agrees."""
    given = _arguments()
    voice = Voice(language(given.lang))
    quiet_logs()
    begun = time.monotonic()
    settings = Settings(
        home=fresh_home(given.home, voice),
        engine=given.engine,
        port=given.port,
        passphrase=SecretStr(PASSPHRASE),
        light_keys=True,
        poll_seconds=0.05,
    )
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    try:
        with open_stage(settings) as stage:
            story = Story(stage, voice)
            plot.tell(story)
    except KeyboardInterrupt:
        voice.say("已停止。", "Stopped.")
        return 130
    except GoldTicketError as error:
        print(f"{error.title}. {error.message}", file=sys.stderr)
        return 1
    voice.say(f"{time.monotonic() - begun:.1f} 秒", f"{time.monotonic() - begun:.1f} seconds")
    return 0


def quiet_logs() -> None:
    """The story is what is printed; of the log only what went wrong."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def fresh_home(home: Path, voice: Voice) -> Path:
    """An empty home; what an earlier demo left there is removed. Raises SystemExit for a folder that is not ours."""
    if home.exists() and any(home.iterdir()):
        if not (home / "relayer.key").exists():
            raise SystemExit(f"{home} holds something that is no demo's: name another folder with --home")
        voice.say(f"清除上一次演示的数据：{home}", f"Removing what the last demo left in {home}")
        shutil.rmtree(home)
    return home


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="stop everything at the end")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON: the sums")
    parser.add_argument("--lang", choices=LANGUAGES, default="", help="default: by locale")
    parser.add_argument("--engine", choices=("ganache", "hardhat", "anvil"), default="ganache")
    parser.add_argument("--home", type=Path, default=HOME, help="folder of its data, begun anew each time")
    parser.add_argument("--port", type=int, default=0, help="port of the API; default: a free one")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
