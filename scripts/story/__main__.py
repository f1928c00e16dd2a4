"""`scripts/demo`: tells the story of a gold ticket's whole life on this machine, and leaves the gateway up."""

from __future__ import annotations

import argparse
import io
import json
import logging
import shutil
import signal
import socket
import sys
import threading
import time
from pathlib import Path

import structlog

from ledger.errors import GoldTicketError
from scripts.story import ending, plot
from scripts.story.people import Refused
from scripts.story.stage import TooSlow, open_stage, stage_settings
from scripts.story.story import Story, WentWrong
from scripts.story.voice import LANGUAGES, Voice, language

HOME = Path(".goldticket/demo")
USUAL_PORT = 8600


def main() -> int:
    """Runs the story. Returns 0 when it went as told and everything agrees."""
    given = arguments(sys.argv[1:])
    voice = Voice(language(given.lang))
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that can't show Chinese must not end the story
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _interrupt)
    try:
        return _run(given, voice)
    except KeyboardInterrupt:
        voice.say("已停止，链与网关都已关闭。", "Stopped; chain and gateway are down.")
        return 130
    except GoldTicketError as error:
        print(f"{error.title}. {error.message}", file=sys.stderr)
    except (Refused, TooSlow, WentWrong) as error:
        print(f"The story broke off: {error}\nIts data is in {given.home.resolve()}.", file=sys.stderr)
    return 1


def _run(given: argparse.Namespace, voice: Voice) -> int:
    begun = time.monotonic()
    settings = stage_settings(
        fresh_home(given.home, voice), given.engine, usual_port() if given.port is None else given.port
    )
    voice.say(
        f"启动 {given.engine} 链、部署合约、开启接口 …",
        f"Starting a {given.engine} chain, deploying, opening the API …",
    )
    with open_stage(settings) as stage:
        story = Story(stage, voice)
        plot.tell(story)
        found = ending.tell(story, begun)
        if not given.once:
            ending.addresses(stage, voice)
            threading.Event().wait()
    voice.say("全部停止。", "Everything is stopped.")
    if given.json:
        print(json.dumps(found), flush=True)
    return 0 if found["verify"] == "ok" else 1


def usual_port() -> int:
    """The port at which people look for a gateway, or 0 (any free one) while somebody else has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", USUAL_PORT))
        except OSError:
            return 0
    return USUAL_PORT


def fresh_home(home: Path, voice: Voice) -> Path:
    """An empty home; what an earlier demo left there is removed. Raises SystemExit for a folder that is not ours."""
    if home.exists() and any(home.iterdir()):
        if not (home / "relayer.key").exists():
            raise SystemExit(f"{home} holds something that is no demo's: name another folder with --home")
        voice.say(f"清除上一次演示的数据：{home}", f"Removing what the last demo left in {home}")
        shutil.rmtree(home)
    return home


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def arguments(words: list[str]) -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="stop everything at the end")
    parser.add_argument(
        "--json", action="store_true", help="with --once: the last line is one JSON object, the sums"
    )
    parser.add_argument("--lang", choices=LANGUAGES, default="", help="default: by locale")
    parser.add_argument("--engine", choices=("ganache", "hardhat", "anvil"), default="ganache")
    parser.add_argument("--home", type=Path, default=HOME, help="folder of its data, begun anew each time")
    parser.add_argument("--port", type=int, help=f"port of the API; default: {USUAL_PORT}, or a free one")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
