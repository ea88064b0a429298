"""Runs of every command on damaged arguments, files and standard input, made by a seeded generator."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from nos_sym.cli.choices import SYNTAXES
from nos_sym.cli.commands import COMMANDS
from support.fuzzed_readers import AUTHORS, LOGS, RULES, TABLES
from support.mutations import HOSTILE, LONG, damaged_bytes, damaged_text

_RULES = [rule for rule in RULES if "\n" not in rule and len(rule) < 120]
_LEVELS = ("exact", "sign", "scale", "schedule", "float32")
_NOTATIONS = ("nos", "authors", "sympy", "latex", "json")
_BACKENDS = ("torch", "tensorflow", "keras", "optax", "latex")


@dataclass(frozen=True, slots=True)
class Call:
    """One run of a command.

    Attributes:
        arguments: what stands behind ``nos-sym``.
        files: names of files in the folder that it runs in, to their content.
        stdin: what standard input holds.
        store: the seed of the damaged store ``damaged.db``; ``None`` for none.
    """

    arguments: list[str]
    files: dict[str, bytes]
    stdin: bytes = b""
    store: int | None = None


def _target(rng: random.Random, files: dict[str, bytes]) -> tuple[str, bytes]:
    """Return a TARGET, and what stands on standard input."""
    kind = rng.random()
    if kind < 0.5:
        return damaged_text(rng, rng.choice(_RULES + AUTHORS), _RULES), b""
    if kind < 0.6:
        return rng.choice(("Adam", "Opt4", "SGD", *HOSTILE, *LONG)), b""
    content = damaged_text(rng, rng.choice(RULES + LOGS + AUTHORS), RULES).encode("utf-8", "surrogatepass")
    if rng.random() < 0.3:
        content = damaged_bytes(rng, content)
    if kind < 0.7:
        return "-", content
    name = rng.choice(("a.nos", "a\u202eb.nos", "a\nb.nos", "-x.nos", "Adam", "a b"))
    files[name] = content
    return f"{name}{rng.choice(('', '', ':Opt4', ':x', ':', chr(10)))}", b""


def _of_target(
    command: str, options: Callable[[random.Random], list[str]]
) -> Callable[[random.Random], Call]:
    def make(rng: random.Random) -> Call:
        files: dict[str, bytes] = {}
        target, stdin = _target(rng, files)
        arguments = [command, target, *options(rng)]
        if command == "equal":
            second, other = _target(rng, files)
            arguments.insert(2, second)
            stdin = stdin or other
        return Call(_damaged_arguments(rng, arguments), files, stdin)

    return make


def _damaged_arguments(rng: random.Random, arguments: list[str]) -> list[str]:
    """Return arguments, at times with one left out, repeated, or hostile, as a shell can pass them on."""
    arguments = list(arguments)
    if rng.random() < 0.15:
        at = rng.randrange(1, len(arguments) + 1)
        arguments[at:at] = [rng.choice((*HOSTILE, *LONG, "--json", "--help", "--to", "--level", "-n"))]
    # A process gets no zero bytes, and at most 128 kB of one argument.
    clean = [argument.replace("\0", "") for argument in arguments]
    return [re.sub("[\ud800-\udc7f\udd00-\udfff]", "?", argument)[:120_000] for argument in clean]


def _some(rng: random.Random, *options: list[str]) -> list[str]:
    return [word for option in options if rng.random() < 0.4 for word in option]


def _output(rng: random.Random) -> list[str]:
    return ["-o", rng.choice(("old.out", "new.out", ".", "none/x.py", "\u202e.py", "a" * 300, ""))]


def _name(rng: random.Random) -> list[str]:
    return ["--name", rng.choice(("Mine", "class", "1x", "torch", "Optimizer", *HOSTILE, *LONG[:1]))]


def _store(rng: random.Random) -> str:
    return rng.choice(("damaged.db", "damaged.db", "damaged.db", "whole.db", "none.db", ".", "a\nb", ""))


def _of_store(command: str, options: Callable[[random.Random], list[str]]) -> Callable[[random.Random], Call]:
    def make(rng: random.Random) -> Call:
        arguments = [command, _store(rng), *options(rng)]
        return Call(_damaged_arguments(rng, arguments), {}, store=rng.getrandbits(40))

    return make


def _of_log(command: str) -> Callable[[random.Random], Call]:
    def make(rng: random.Random) -> Call:
        text = damaged_text(rng, rng.choice(LOGS + RULES), LOGS + RULES).encode("utf-8", "surrogatepass")
        data = text if rng.random() < 0.6 else damaged_bytes(rng, text)
        arguments = [command, rng.choice(("a.log", "a.log", "-"))]
        if command == "import":
            arguments += ["--store", rng.choice(("new.db", "new.db", "whole.db", "a\x1b.db"))]
        else:
            arguments += _some(rng, ["--from", rng.choice(SYNTAXES)], ["--level", rng.choice(_LEVELS)])
        arguments += _some(rng, ["--json"])
        return Call(_damaged_arguments(rng, arguments), {"a.log": data}, data)

    return make


def _of_settings(command: str) -> Callable[[random.Random], Call]:
    def make(rng: random.Random) -> Call:
        table = damaged_text(rng, rng.choice(TABLES), TABLES).encode("utf-8", "surrogatepass")
        key = rng.choice(
            ("training.steps", "particles", "seed", "genome.hidden", "stages", "trainer", "initial", "a.b")
        )
        value = rng.choice(("1", "-1", "1.5", "x", "[1]", '["none ~ g"]', "true", *HOSTILE, *LONG))
        change = damaged_text(rng, f"{key}={value}", [key]) if rng.random() < 0.3 else f"{key}={value}"
        arguments = [
            command,
            *(["1"] if command == "eliminate" else []),
            "--store",
            rng.choice(("new.db", "whole.db")),
        ]
        arguments += _some(
            rng,
            ["--settings", "a.toml"],
            ["--set", change],
            ["--preset", rng.choice(("demo", "paper", "x\n"))],
        )
        arguments += _some(rng, ["--resume"], ["--data", rng.choice(("none", "\u202e", "."))])
        if command == "evolve":
            arguments += _some(rng, ["--initial", damaged_text(rng, rng.choice(_RULES), _RULES)])
        return Call(_damaged_arguments(rng, arguments), {"a.toml": table})

    return make


def _of_words(rng: random.Random) -> Call:
    words = [
        *COMMANDS,
        *HOSTILE,
        *LONG[:2],
        "--help",
        "--version",
        "--json",
        "-h",
        "SGD",
        "torch",
        "none ~ g",
        "--backend",
    ]
    arguments = [rng.choice(words) for _ in range(rng.randint(0, 4))]
    if rng.random() < 0.8:
        arguments.insert(0, rng.choice(("list", "one-cycle", "completion", "latex", "parse", "runs")))
    return Call(_damaged_arguments(rng, arguments or ["list"]), {})


_GRAPH = ["--graph", "new.svg"]


def _notations(rng: random.Random) -> list[str]:
    return _some(rng, ["--to", rng.choice(_NOTATIONS)], ["--from", rng.choice(SYNTAXES)])


def _top(rng: random.Random) -> list[str]:
    number = ["-n", rng.choice(("1", "0", "9" * 30))]
    return _some(rng, ["--json"], ["--csv"], number, ["--task", rng.choice(HOSTILE)], ["--run", "1"])


MAKERS: dict[str, Callable[[random.Random], Call]] = {
    "parse": _of_target("parse", _notations),
    "show": _of_target(
        "show", lambda r: _some(r, ["--json"], ["--rule", r.choice(("Opt4", *HOSTILE))], _GRAPH)
    ),
    "render": _of_target(
        "render",
        lambda r: _some(r, ["-b", r.choice(_BACKENDS)], _name(r), ["--minimal"], ["--factor"], _output(r)),
    ),
    "latex": _of_target("latex", lambda r: _some(r, ["--rule", "Opt4"])),
    "key": _of_target("key", lambda r: _some(r, ["--json"])),
    "factor": _of_target("factor", lambda r: _some(r, ["--json"])),
    "equal": _of_target("equal", lambda r: _some(r, ["--json"], ["--level", r.choice(_LEVELS)])),
    "check": _of_target("check", lambda r: _some(r, ["--json"], ["--seed", r.choice(("1", "-1", "9" * 30))])),
    "dedup": _of_log("dedup"),
    "import": _of_log("import"),
    "top": _of_store("top", _top),
    "schedules": _of_store(
        "schedules", lambda r: _some(r, ["--json"], ["--nos"], ["-n", r.choice(("1", "0"))])
    ),
    "runs": _of_store("runs", lambda r: _some(r, ["--json"])),
    "migrate": _of_store("migrate", lambda r: _some(r, ["--json"])),
    "evolve": _of_settings("evolve"),
    "eliminate": _of_settings("eliminate"),
    "words": _of_words,
}
"""The commands; ``words`` are those without a target, on words in any order."""
