"""Runs mutants in forks, for scripts/mutate-ledger.

Nothing is written into ledger/. A process with everything imported and every test collected forks for each mutant;
the child swaps the code of the mutated function and runs the tests that call it, those of its own stage first. What is
not inside a function (a constant, a table, a default) is mutated while it is imported, by a child of a process that has
imported nothing of the ledger yet.
"""

from __future__ import annotations

import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import _lru_cache_wrapper
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "build" / "mutation"
TESTS = ("tests/ledger", "tests/api")
NOT_RUN = ("chain", "book", "keys", "hostile", "test_on_sqlite.py", "test_openapi.py", "test_cli.py")
"""Folders and files without tests of the rules, or too slow to run for each mutant."""
PATIENCE = 40.0
"""Seconds after which a mutant that has not ended counts as killed: a loop without an end."""
LONG, BUDGET = 5.0, 12.0
"""Seconds: a test that takes longer is never run, all tests of one mutant together take no longer."""
SLOW = (
    "coincurve eth_account fastapi fastapi.testclient holidays jinja2 openpyxl pydantic_settings pyrevm sqlalchemy "
    "stdnum.cn.uscc structlog web3"
)
FEW = 3
"""Test files for a mutant that is not inside a function: they are collected anew for each."""
KILLED, SURVIVED = 1, 0
Code = tuple[str, str, int]
"""Module, qualified name and first line of a function."""


def run_all(mutants: Sequence[dict[str, str]]) -> dict[str, str]:
    """Mutant → killed, survived, timeout or uncalled."""
    os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")
    preload()
    results: dict[str, str] = {}
    files = PLACE / "files.json"
    outcome = PLACE / "warm.jsonl"
    outcome.unlink(missing_ok=True)
    warm = os.fork()
    if not warm:
        os._exit(collect_and(lambda session: run_warm(session, mutants, outcome, files), test_files()))
    if os.waitpid(warm, 0)[1]:
        raise SystemExit(f"the tests themselves fail, look at {PLACE / 'tests.log'}")
    for line in outcome.read_text(encoding="utf-8").splitlines():
        id_, result = json.loads(line)
        results[id_] = result
    callers = json.loads(files.read_text(encoding="utf-8"))
    cold = [mutant for mutant in mutants if results.get(mutant["id"]) == "cold"]
    for number, mutant in enumerate(cold, 1):
        near, far = nearest(mutant["module"], callers.get(mutant["module"], []))
        result = forked(lambda m=mutant, n=near: run_cold(m, n), 5 * PATIENCE)  # type: ignore[misc]
        if result == "survived" and far:
            result = forked(lambda m=mutant, n=far: run_cold(m, n), 5 * PATIENCE)  # type: ignore[misc]
        results[mutant["id"]] = result
        say(number, len(cold), mutant, result)
    return results


def preload() -> None:
    """Imports what is slow to import and not of this project."""
    for name in SLOW.split():
        importlib.import_module(name)


def test_files() -> list[str]:
    """The test files to choose from."""
    found = [path for place in TESTS for path in sorted((ROOT / place).rglob("test_*.py"))]
    kept = [path for path in found if not set(path.relative_to(ROOT).parts) & set(NOT_RUN)]
    return [str(path.relative_to(ROOT)) for path in kept]


def nearest(module: str, files: Sequence[str]) -> tuple[list[str], list[str]]:
    """The few test files that call a module and are named most like it, and all others of ledger/ that call it."""
    stage = module.split("_")[0]
    ranked = sorted(files, key=lambda file: (stage not in file, "tests/api" in file, file))
    return ranked[:FEW], [file for file in ranked[FEW:] if "tests/ledger" in file]


def collect_and(then: Callable[[pytest.Session], int], files: Sequence[str]) -> int:
    """pytest, with `then` in place of its own loop."""

    class Plugin:
        @pytest.hookimpl(tryfirst=True)
        def pytest_runtestloop(self, session: pytest.Session) -> bool:
            if session.testsfailed:
                os._exit(3)
            status = then(session)
            os._exit(status)

    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    PLACE.mkdir(parents=True, exist_ok=True)
    log = os.open(PLACE / "tests.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    left_out = ["xdist", "cacheprovider"]
    flags = [word for name in left_out for word in ("-p", f"no:{name}")]
    flags += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return int(pytest.main(["-q", "-s", "-x", "-m", "not slow", *flags, "--timeout=0", *files], [Plugin()]))


def run_items(session: pytest.Session, items: Sequence[pytest.Item], after: Callable[[str], None]) -> int:
    """Runs these tests up to the first that fails."""
    for place, item in enumerate(items):
        following = items[place + 1] if place + 1 < len(items) else None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        after(item.nodeid)
        if session.testsfailed:
            return KILLED
    return SURVIVED


def forked(work: Callable[[], int], patience: float) -> str:
    """What a child says about a mutant."""
    child = os.fork()
    if not child:
        try:
            os._exit(work())
        except BaseException:
            os._exit(KILLED)
    end = time.monotonic() + patience
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return (
                "survived" if status == 0 else "cold" if os.waitstatus_to_exitcode(status) == 9 else "killed"
            )
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return "timeout"
        time.sleep(0.01)


# ---- inside functions


def run_warm(session: pytest.Session, mutants: Sequence[dict[str, str]], outcome: Path, files: Path) -> int:
    """Every mutant inside a function; 0, or 1 if the tests fail without any mutant."""
    seen = PLACE / "seen.json"
    if forked(lambda: watch(session, seen), 1200) != "survived":
        return 1
    calls, took = json.loads(seen.read_text(encoding="utf-8"))
    callers: dict[Code, list[pytest.Item]] = defaultdict(list)
    in_files: dict[str, set[str]] = defaultdict(set)
    for item in sorted(session.items, key=lambda item: took[item.nodeid]):
        if took[item.nodeid] > LONG:
            continue
        for module, name, line in calls[item.nodeid]:
            callers[module, name, line].append(item)
            in_files[module].add(item.nodeid.split("::")[0])
    files.write_text(json.dumps({module: sorted(names) for module, names in in_files.items()}))
    functions, caches = of_the_ledger()
    gc.collect()
    gc.freeze()  # a child's collector leaves these pages shared
    with outcome.open("w", encoding="utf-8") as out:
        for number, mutant in enumerate(mutants, 1):
            result = one_warm(session, mutant, callers, took, functions, caches)
            out.write(json.dumps([mutant["id"], result]) + "\n")
            out.flush()
            say(number, len(mutants), mutant, result)
    return 0


def one_warm(
    session: pytest.Session,
    mutant: dict[str, str],
    callers: dict[Code, list[pytest.Item]],
    took: dict[str, float],
    functions: Sequence[FunctionType],
    caches: Sequence[Any],
) -> str:
    """What becomes of one mutant; "cold" if it is not inside a function."""
    path = ROOT / "ledger" / f"{mutant['module']}.py"
    before = compile(path.read_text(encoding="utf-8"), str(path), "exec", dont_inherit=True)
    after = compile(mutant["source"], str(path), "exec", dont_inherit=True)
    swaps = changed(before, after)
    if not swaps:
        return "cold"
    outer = [old for old, _ in swaps]
    items = {item.nodeid: item for code in outer for item in callers[name_of(mutant["module"], code)]}
    if not items:
        return "uncalled"
    chosen = within_budget(mutant["module"], list(items.values()), took)

    def work() -> int:
        if not swap(swaps, functions):
            return 9
        for cache in caches:
            cache.cache_clear()
        return run_items(session, chosen, lambda _: None)

    return forked(work, PATIENCE)


def within_budget(module: str, items: Sequence[pytest.Item], took: dict[str, float]) -> Sequence[pytest.Item]:
    """The tests of the module's own stage first, the quickest first, for `BUDGET` seconds at most."""
    stage, spent = module.split("_")[0], 0.0
    kept: list[pytest.Item] = []
    for item in sorted(items, key=lambda item: (stage not in item.nodeid.split("::")[0], took[item.nodeid])):
        spent += took[item.nodeid]
        if spent < BUDGET or not kept:
            kept.append(item)
    return kept


def watch(session: pytest.Session, out: Path) -> int:
    """Which test calls which function of ledger/, and how long it takes."""
    folder = str(ROOT / "ledger") + os.sep
    modules: dict[str, str] = {}
    seen: set[Code] = set()
    calls: dict[str, list[Code]] = {}
    took: dict[str, float] = {}
    _, caches = of_the_ledger()

    def called(frame: Any, event: str, _: Any) -> None:
        if event == "call":
            code = frame.f_code
            name = code.co_filename
            if name not in modules:
                inside = name.startswith(folder) and os.sep not in name[len(folder) :]
                modules[name] = Path(name).stem if inside else ""
            if modules[name]:
                seen.add(name_of(modules[name], code))

    started = time.monotonic()

    def after(nodeid: str) -> None:
        nonlocal started
        for cache in caches:  # what another test has had computed is called by this one, too
            cache.cache_clear()
        calls[nodeid], took[nodeid] = sorted(seen), time.monotonic() - started
        seen.clear()
        started = time.monotonic()

    threading.setprofile(called)
    sys.setprofile(called)
    status = run_items(session, session.items, after)
    sys.setprofile(None)
    out.write_text(json.dumps([calls, took]), encoding="utf-8")
    return status


def name_of(module: str, code: CodeType) -> Code:
    """How a function is known."""
    return module, code.co_qualname if sys.version_info >= (3, 11) else code.co_name, code.co_firstlineno


def changed(before: CodeType, after: CodeType) -> list[tuple[CodeType, CodeType]]:
    """Functions of a module, those inside others included, whose code differs; none if more than functions does."""
    pairs: list[tuple[CodeType, CodeType]] = []

    def go(old: CodeType, new: CodeType, runs_once: bool) -> bool:
        inner = [
            (a, b) for a, b in zip(old.co_consts, new.co_consts, strict=False) if isinstance(a, CodeType)
        ]
        if runs_once:
            same = [c for c in old.co_consts if not isinstance(c, CodeType)]
            others = [c for c in new.co_consts if not isinstance(c, CodeType)]
            if old.co_code != new.co_code or repr(same) != repr(others) or old.co_names != new.co_names:
                return False
        elif old != new:
            pairs.append((old, new))
        for a, b in inner:
            if not isinstance(b, CodeType) or a.co_name != b.co_name:
                continue
            # the body of a class runs once, when it is imported
            if a != b and not go(a, b, runs_once and not a.co_flags & 0x2):
                return False
        return True

    return pairs if go(before, after, True) else []


def of_the_ledger() -> tuple[list[FunctionType], list[Any]]:
    """Every function of ledger/ that exists, and everything that remembers results."""
    folder = str(ROOT / "ledger")
    alive = gc.get_objects()
    functions = [f for f in alive if type(f) is FunctionType and f.__code__.co_filename.startswith(folder)]
    caches = [
        c for c in alive if isinstance(c, _lru_cache_wrapper) and (c.__module__ or "").startswith("ledger")
    ]
    return functions, caches


def swap(swaps: Iterable[tuple[CodeType, CodeType]], functions: Sequence[FunctionType]) -> bool:
    """Puts mutated code in; False where a function's free variables have changed."""
    for old, new in swaps:
        for function in functions:
            if function.__code__ == old:
                try:
                    function.__code__ = new
                except ValueError:
                    return False
    return True


# ---- outside functions


class Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from its mutated source."""

    def __init__(self, module: str, source: str) -> None:
        self.name, self.source = f"ledger.{module}", source
        self.path = str(ROOT / "ledger" / f"{module}.py")

    def find_spec(self, name: str, *_: Any) -> importlib.machinery.ModuleSpec | None:
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.source, self.path, "exec", dont_inherit=True), module.__dict__)  # noqa: S102


def run_cold(mutant: dict[str, str], files: Sequence[str]) -> int:
    """One mutant that takes effect when it is imported, against these test files."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.meta_path.insert(0, Mutated(mutant["module"], mutant["source"]))
    if not files:
        return SURVIVED
    return collect_and(lambda session: run_items(session, session.items, lambda _: None), files)


def say(number: int, of: int, mutant: dict[str, str], result: str) -> None:
    """One line for a mutant that is not killed, and a sign of life."""
    if result in ("survived", "uncalled"):
        print(f"{result} {mutant['id']}\n    - {mutant['line']}\n    + {mutant['became']}", file=sys.stderr)
    elif not number % 50:
        print(f"{number} of {of}", file=sys.stderr)
