"""Readers of the library and what they are fed: an input becomes a value or an error of one line."""

from __future__ import annotations

import gzip
import io
import json
import random
import signal
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from nos_sym import catalog
from nos_sym.errors import LONGEST, NosSymError, SourceError
from nos_sym.genome.encode import encode, with_room
from nos_sym.genome.json_form import genome_from_json, genome_to_json
from nos_sym.genome.settings import DEFAULT
from nos_sym.language.authors.log import read_authors_lines, read_authors_log
from nos_sym.language.authors.parser import parse_authors
from nos_sym.language.authors.printer import print_authors
from nos_sym.language.json_form import rule_from_json
from nos_sym.language.parser import parse_file
from nos_sym.language.rule import Rule
from nos_sym.search.records import Text, read_toml
from nos_sym.search.results import result_from_json
from nos_sym.search.settings import PRESETS, settings_from_table
from nos_sym.search.store.authors_import import import_log, read_log
from nos_sym.search.store.store import Store
from support.mutations import damaged_bytes, damaged_json, damaged_text
from support.random_rules import random_rule
from support.store_fakes import LOG

SECONDS = 5.0
"""Of processor time, that a reader may take for one input."""

_RNG = random.Random(11)
RULES = [str(random_rule(_RNG, depth=3)) for _ in range(40)] + [
    f"{catalog.entry(name)}\n# comment\n" for name in catalog.names()
]
RULES += ["\n".join(RULES[:5]), "Mine(gain=0.3 in [0, 1), beta=0.9) = none ascent ~\n  gain * ema(g, beta)"]
AUTHORS = [print_authors(random_rule(_RNG, depth=3, authors=True)) for _ in range(40)]
LOGS = [LOG, *LOG.splitlines(), "\n".join(AUTHORS[:3])]
JSON_RULES = [catalog.entry(name).to_json() for name in catalog.names()]
GENOMES = [
    genome_to_json(encode(rule, with_room(DEFAULT, rule)))
    for name in ("Opt1", "Opt4", "Opt6", "Adam")
    if isinstance(rule := catalog.entry(name), Rule)
]
TABLES = [
    files("nos_sym.search").joinpath("presets", f"{name}.toml").read_text(encoding="utf-8")
    for name in PRESETS
]
RESULTS = [
    {"outcome": "evaluated", "fitness": 0.5, "learning_rate": 0.1, "seconds": 2.0, "details": {"a": 1}},
    {"outcome": "rejected", "reason": "x", "seconds": 1.0, "details": {}},
    {"outcome": "diverged", "reason": "x", "learning_rate": None, "seconds": 1.0, "details": {}},
]


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader: what makes an input of it, and what reads one.

    Attributes:
        name: what it reads.
        make: an input of a seeded generator.
        read: reads an input in a folder of its own; returns or raises :class:`NosSymError`.
    """

    name: str
    make: Callable[[random.Random], Any]
    read: Callable[[Any, Path], object]


def check(reader: Reader, given: Any, folder: Path) -> None:
    """Read an input, and hold what comes of it to be a value, or an error of one printable line."""
    with limit(SECONDS):
        try:
            reader.read(given, folder)
        except SourceError as error:
            check_message(str(error))
            check_message(error.message)
            check_caret(error.caret())
            assert 0 <= error.position <= len(error.text)
        except NosSymError as error:
            check_message(str(error))


def check_message(message: str) -> None:
    """Hold a message to be one printable line, and neither empty nor long."""
    assert message and message.isprintable() and len(message) <= LONGEST, message


def check_caret(caret: str) -> None:
    """Hold the place of an error to be a printable line over a caret."""
    shown, mark = caret.split("\n")
    assert shown.isprintable() and len(shown) < 250, shown
    assert mark.strip() == "^" and mark.endswith("^") and len(mark) <= 100, caret


class Hang(BaseException):
    """An input that takes too long; no error, so that nothing on its way takes it for one."""


@contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Raise after so much processor time, which other processes do not take from this one."""

    def stop(*_: object) -> None:
        raise Hang(f"more than {seconds} s of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _text_of(samples: list[str]) -> Callable[[random.Random], str]:
    return lambda rng: damaged_text(rng, rng.choice(samples), samples)


def _json_of(samples: list[Any]) -> Callable[[random.Random], Any]:
    return lambda rng: damaged_json(rng, rng.choice(samples))


def _bytes_of_log(rng: random.Random) -> bytes:
    text = damaged_text(rng, rng.choice(LOGS), LOGS).encode("utf-8", "surrogatepass")
    return text if rng.random() < 0.5 else damaged_bytes(rng, text)


def _read_own(text: str, _: Path) -> None:
    for rule in parse_file(text):
        assert parse_file(str(rule)) == [rule]


def _read_authors(text: str, _: Path) -> None:
    rule = parse_authors(text)
    assert parse_authors(print_authors(rule)) == rule


def _read_log(data: bytes, folder: Path) -> None:
    path = folder / "authors.log"
    path.write_bytes(data)
    text = data.decode("utf-8", "replace")
    errors = []
    for read in (lambda: read_authors_lines(text), lambda: read_authors_log(path)):
        try:
            read()
        except NosSymError as error:
            errors.append(error)
    if errors:
        raise errors[0]


def _read_json(data: Any, _: Path) -> None:
    rule = rule_from_json(data)
    assert rule_from_json(json.loads(json.dumps(rule.to_json()))) == rule
    assert str(rule).isprintable()


def _read_genome(data: Any, _: Path) -> None:
    genome = genome_from_json(data)
    assert genome_from_json(genome_to_json(genome)) == genome


def _read_settings(text: str, _: Path) -> None:
    settings_from_table(read_toml(text, "'a.toml'"), Text("'a.toml'", text))


def _make_archive(rng: random.Random) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for number in range(1, rng.choice((4, 5, 5, 6)) + 1):
            info = tarfile.TarInfo(f"cifar-10-batches-bin/data_batch_{number}.bin")
            info.size = 3073 * rng.choice((1, 2))
            tar.addfile(info, io.BytesIO(bytes(info.size)))
    if rng.random() < 0.6:
        return gzip.compress(damaged_bytes(rng, plain.getvalue()), 1)
    return damaged_bytes(rng, gzip.compress(plain.getvalue(), 1))


def _read_archive(data: bytes, _: Path) -> None:
    from nos_sym.surrogate.cifar import read_records

    read_records(data, "a.tar.gz")


def make_store(folder: Path) -> Path:
    """Return a store with an imported log; a second call finds the first one's."""
    path = folder / "whole.db"
    if not path.exists():
        (folder / "whole.log").write_text(LOG, encoding="utf-8")
        with Store.open(path) as store:
            run = import_log(read_log(folder / "whole.log"), store).run
            for draw, kind in enumerate(("redrawn", "answered")):
                store.add_duplicate(run, "child 0.1.0.0", draw, kind, "none ~ tanh(g)", "key", 1)
    return path


def damaged_store(seed: int, folder: Path) -> Path:
    """Return a copy of a store with bytes changed, or with values of its rows."""
    rng = random.Random(seed)
    path = folder / "damaged.db"
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    whole = make_store(folder).read_bytes()
    if rng.random() < 0.4:
        path.write_bytes(damaged_bytes(rng, whole))
        return path
    path.write_bytes(whole)
    with closing(sqlite3.connect(path, isolation_level=None)) as store:
        for _ in range(rng.choice((1, 1, 2, 3))):
            _change_value(rng, store)
    return path


def _change_value(rng: random.Random, store: sqlite3.Connection) -> None:
    table = rng.choice(("runs", "evaluations", "evaluations", "moves", "duplicates"))
    columns = [row[1:3] for row in store.execute(f"PRAGMA table_info({table})")]
    column, _ = rng.choice(columns)
    rows = store.execute(f"SELECT {column} FROM {table}").fetchall()
    if not rows:
        return
    (old,) = rng.choice(rows)
    new: Any
    if isinstance(old, str) and old[:1] in "{[" and rng.random() < 0.8:
        try:
            new = json.dumps(damaged_json(rng, json.loads(old)))
        except RecursionError:
            new = "[" * 5000
    elif isinstance(old, str) and rng.random() < 0.7:
        new = damaged_text(rng, old, [old, *RULES]).encode("utf-8", "replace").decode()
    else:
        new = rng.choice(
            (None, "", "x\n\u202e", b"\xff\x00", 0, -1, 2**62, 0.5, float("inf"), "9" * 400, "[" * 5000)
        )
    # The tables themselves refuse some values.
    with suppress(sqlite3.Error):
        store.execute(f"UPDATE {table} SET {column} = ? WHERE {column} IS ?", (new, old))


def _read_store(seed: int, folder: Path) -> None:
    from nos_sym.search.reports.hall_of_fame import describe, hall_of_fame
    from nos_sym.search.reports.summary import summarize
    from nos_sym.search.store.migrate import migrate

    path = damaged_store(seed, folder)

    def top() -> None:
        with Store.read(path) as store:
            json.dumps(describe(hall_of_fame(store).entries))

    def runs() -> None:
        with Store.read(path) as store:
            json.dumps([s.to_json() for s in summarize(store)])

    def move() -> None:
        with Store.open(path) as store:
            migrate(store)

    errors = []
    for read in (top, runs, move):
        try:
            read()
        except NosSymError as error:
            errors.append(error)
            check_message(str(error))
    if errors:
        raise errors[0]


READERS = [
    Reader("rules", _text_of(RULES), _read_own),
    Reader("authors", _text_of(AUTHORS), _read_authors),
    Reader("log", _bytes_of_log, _read_log),
    Reader("json", _json_of(JSON_RULES), _read_json),
    Reader("genome", _json_of(GENOMES), _read_genome),
    Reader("settings", _text_of(TABLES), _read_settings),
    Reader("result", _json_of(RESULTS), lambda data, _: result_from_json(data)),
    Reader("archive", _make_archive, _read_archive),
    Reader("store", lambda rng: rng.getrandbits(40), _read_store),
]
"""Every reader of the library."""
