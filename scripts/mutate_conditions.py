"""Drops the conditions of modules one at a time, and says which of the changes no check sees.

    python scripts/mutate_conditions.py nos_sym.algebra.kernel.zeros nos_sym.algebra.kernel.signs

A mutant is the module with one part of an ``and`` or an ``or`` left out, one guard (``if ...: return``) or
one filter of a comprehension removed, one comparison loosened, ``all`` and ``any`` exchanged, or one branch
of a conditional expression always taken. Each runs in a process of its own on pairs of rules, on every
history and almost everywhere. A form that the change makes another one is read by a judge that does not know
the algebra: it must keep the values of its rule (else the mutant *merges*), and two rules that had one form
must have one (else it *misses*). What that leaves alone runs the tests named. What they leave alone is a
*survivor*: a condition that no check needs, or one that needs a check.

What survives the pairs of ``tests/support/judges/conditions.py`` saves time (a bound of sizes, a table
looked up first), is implied by the normal form, or loses an equality and makes none: ``zeros`` 33 of 134,
``vanishing`` 12 of 40, ``signs`` 19 of 76, ``monotone`` 19 of 51, ``comparisons`` 13 of 42,
``functions_of_signs`` 34 of 85, ``dominance`` 42 of 96, ``powers`` 23 of 64, and of every third mutant of
``bounds``, beside ``tests/algebra/test_bounds.py``, 10 of 52. Of ``schedule_zeros`` 33 of 79 survive
``tests/algebra/test_schedule_zeros.py``. Of the checker of proofs 25 of 90 in ``ranges`` survive
``tests/proof/test_proof_ranges.py``, 7 of 42 in ``zeros`` and 5 of 22 in ``steps``
``tests/proof/test_proof_shown.py``. Figures of a module whose pairs are newer than its sweep are those of the
sweep, less the survivors that the new pairs were seen to kill.

Of ``witness`` 14 of 92 survive ``tests/algebra/test_witness.py`` beside the pairs. Of ``rational_powers`` 36
of 63 survive the pairs, of ``products`` 63 of 158.

Of five functions of ``filters`` 20 of 39 survive ``tests/algebra/test_filters.py``: limits, equalities
lost, and what the normal form leaves no case of. Of the checker's ``citations`` 7 of 34 survive
``tests/proof/test_proof_citations.py``, which two of its conditions have got tests in since. Of every fifth
mutant of the checker's ``cases`` 7 of 15 survive ``tests/proof/test_proof_soundness.py``. Of ``nullsets``,
52 of 98 survived the tests of assumptions; ``tests/proof/test_proof_nullsets.py``, made for them, has no
whole sweep behind it. Not swept since their last change: ``partial_fractions``, ``functions``; of the
checker ``states``, ``checker``, ``worlds``, ``induction``.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

_LOOSER: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.LtE, ast.NotEq: ast.Lt,
}  # fmt: skip
_LEAVES = (ast.Return, ast.Continue, ast.Raise, ast.Break)


@dataclass(frozen=True)
class Mutant:
    """A module with one condition changed.

    Attributes:
        line: of the module.
        function: in which the condition stands.
        change: what was done, in words.
        source: the text of the changed module.
    """

    line: int
    function: str
    change: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Yield the mutants of a module in the order of its lines."""
    tree = ast.parse(source)
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    found = []
    for number, node in enumerate(ast.walk(tree)):
        # A comprehension has no place of its own.
        line = getattr(node.target if isinstance(node, ast.comprehension) else node, "lineno", 0)
        inside = [f for f in functions if f.lineno <= line <= (f.end_lineno or 0)]
        if not inside:
            continue
        for change in _changes(node):
            changed = copy.deepcopy(tree)
            target = next(n for i, n in enumerate(ast.walk(changed)) if i == number)
            text = _apply(changed, target, change)
            place = max(inside, key=lambda f: f.lineno).name
            found.append(Mutant(line, place, text, ast.unparse(ast.fix_missing_locations(changed))))
    yield from sorted(found, key=lambda m: m.line)


def _changes(node: ast.AST) -> list[tuple[str, int]]:
    """Return the names of changes that apply to a node, each with a number of a part."""
    if isinstance(node, ast.BoolOp):
        return [("part", i) for i in range(len(node.values))]
    if isinstance(node, ast.If) and not node.orelse and isinstance(node.body[-1], _LEAVES):
        return [("guard", 0)]
    if isinstance(node, ast.Compare):
        return [
            ("comparison", i) for i, o in enumerate(node.ops) if type(o) in _LOOSER and _is_number(node, i)
        ]
    if isinstance(node, ast.comprehension):
        return [("filter", i) for i in range(len(node.ifs))]
    if isinstance(node, ast.IfExp):
        return [("branch", 0), ("branch", 1)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("all", "any"):
        return [("quantifier", 0)]
    return []


def _is_number(node: ast.Compare, index: int) -> bool:
    """Return whether ``==`` and ``!=`` compare with a number; other comparisons always do."""
    if not isinstance(node.ops[index], ast.Eq | ast.NotEq):
        return True
    right = node.comparators[index]
    return isinstance(right, ast.Constant) and type(right.value) in (int, float)


def _apply(tree: ast.AST, node: Any, change: tuple[str, int]) -> str:
    """Change a node of a tree in place and return what was done."""
    kind, i = change
    before = ast.unparse(node)
    if kind == "part":
        word = "and" if isinstance(node.op, ast.And) else "or"
        text = f"left out of an '{word}': {ast.unparse(node.values[i])}"
        del node.values[i]
        if len(node.values) == 1:
            _replace(tree, node, node.values[0])
        return text
    if kind == "guard":
        node.body = [ast.Pass()]
        return f"removed: if {ast.unparse(node.test)}: ..."
    if kind == "comparison":
        node.ops[i] = _LOOSER[type(node.ops[i])]()
        return f"compared otherwise: {before} as {ast.unparse(node)}"
    if kind == "filter":
        return f"filter removed: if {ast.unparse(node.ifs.pop(i))}"
    if kind == "branch":
        chosen = node.orelse if i else node.body
        _replace(tree, node, chosen)
        return f"one branch always: {ast.unparse(chosen)} of {before}"
    node.func.id = "any" if node.func.id == "all" else "all"
    return f"exchanged: {before}"


def _replace(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
            elif isinstance(value, list):
                value[:] = [new if item is old else item for item in value]


# In the process of a mutant.


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads a module from another text than that of its file."""

    def __init__(self, name: str, path: str, text: bytes) -> None:
        super().__init__(name, path)
        self.text = text

    def get_data(self, path: str) -> bytes:
        return self.text

    def path_stats(self, path: str) -> dict[str, Any]:
        raise OSError  # no compiled file is looked for or written


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, module: str, text: bytes) -> None:
        self.module, self.text = module, text

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self.module:
            return None
        origin = importlib.machinery.PathFinder.find_spec(name, path)
        assert origin is not None and origin.origin is not None
        loader = _Loader(name, origin.origin, self.text)
        return importlib.util.spec_from_file_location(name, origin.origin, loader=loader)


_OTHER_FORMS = "forms are others, and right"
_ALGEBRA = "nos_sym.algebra."
_FORGOTTEN = ("nos_sym.algebra", "nos_sym.proof", "support.judges.corpus")


def _changed(module: str, source: str) -> None:
    """Forget the algebra and the checker, and let them be imported again with another module."""
    for name in [n for n in sys.modules if n.startswith(_FORGOTTEN)]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Finder(module, source.encode()))


def _verdict(judged: Sequence[Any]) -> str:
    """Return a fault, or how many forms have changed and are right, or nothing."""
    fault, changed = importlib.import_module("support.judges.corpus").verdict(judged)
    return str(fault) or (f"{changed} {_OTHER_FORMS}" if changed else "")


def _tests_fail(tests: Sequence[str]) -> str:
    import pytest

    options = ["-q", "-x", "-n", "0", "-m", "not heavy", "-p", "no:cacheprovider"]
    return "the tests fail" if pytest.main([*options, *tests]) else ""


def apart(work: Callable[[], str], seconds: int) -> str:
    """Return what a function returns in a process of its own, or how that process ended."""
    sys.stdout.flush()
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds)  # ends the process
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        try:
            answer = work()
        except BaseException as error:  # whatever a change of the algebra makes it raise
            answer = f"raises {type(error).__name__}: {error}"
        os.write(writer, answer.encode()[:4000])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read().decode(errors="replace")
    _, status = os.waitpid(process, 0)
    return answer if status == 0 else "takes too long" if os.WIFSIGNALED(status) else "ends"


def fate_of(mutant: Mutant, module: str, judged: Sequence[Any], options: argparse.Namespace) -> str:
    """Return what a check sees of a mutant; of a survivor, how many forms are others, or nothing."""

    def pairs() -> str:
        _changed(module, mutant.source)
        return _verdict(judged)

    def tests() -> str:
        _changed(module, mutant.source)
        return _tests_fail(options.tests)

    # Pairs have forms, and the checker of proofs looks at no form.
    fate = apart(pairs, options.seconds) if module.startswith(_ALGEBRA) else ""
    return (_survives(fate) and options.tests and apart(tests, options.test_seconds)) or fate


def _survives(fate: str) -> bool:
    return not fate or fate.endswith(_OTHER_FORMS)


def options_of(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options of a command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("modules", nargs="+", help="names of modules, nos_sym.algebra.kernel.zeros")
    parser.add_argument("--function", action="append", help="only mutants of this function; may be repeated")
    parser.add_argument("--pairs", type=int, default=250, help="random judged pairs (default: 250)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the pairs (default: 1)")
    parser.add_argument("--seconds", type=int, default=30, help="limit of the pairs (default: 30)")
    parser.add_argument("--tests", action="append", help="tests for what the pairs leave alone; repeatable")
    parser.add_argument("--test-seconds", type=int, default=300, help="limit of the tests (default: 300)")
    parser.add_argument("--every", type=int, default=1, help="every n-th mutant of a module (default: 1)")
    return parser.parse_args(arguments)


def chosen(source: str, options: argparse.Namespace) -> list[Mutant]:
    """Return the mutants of a module that the options ask for, in the order of its lines."""
    found = [m for m in mutants(source) if not options.function or m.function in options.function]
    return found[:: options.every]


def main() -> int:
    """Run all mutants, print each with its fate, and how many of a module met each."""
    options = options_of(sys.argv[1:])
    judged: Sequence[Any] = ()
    if any(module.startswith(_ALGEBRA) for module in options.modules):
        from support.judges.corpus import corpora

        judged = corpora(options.seed, options.pairs)
        fault = apart(lambda: _verdict(judged), 10 * options.seconds)
        if fault:
            sys.exit(f"without a change the algebra {fault}")
    if options.tests and apart(lambda: _tests_fail(options.tests), options.test_seconds):
        sys.exit("without a change the tests fail")
    survivors = 0
    for module in options.modules:
        origin = importlib.util.find_spec(module)
        assert origin is not None and origin.origin is not None
        met: Counter[str] = Counter()
        for mutant in chosen(Path(origin.origin).read_text(encoding="utf-8"), options):
            fate = fate_of(mutant, module, judged, options)
            met[_kind_of(fate)] += 1
            word = "SURVIVES" if _survives(fate) else "killed  "
            place = f"{module.removeprefix('nos_sym.')}:{mutant.line} {mutant.function}: {mutant.change}"
            print(f"{word} {place}: {fate}".rstrip(": "), flush=True)
        survivors += met["survive"] + met["survive, forms are others"]
        print(f"{module}: {met.total()} mutants; " + ", ".join(f"{n} {k}" for k, n in met.most_common()))
    return 1 if survivors else 0


def _kind_of(fate: str) -> str:
    if _survives(fate):
        return "survive, forms are others" if fate else "survive"
    known = ("merges", "misses", "raises", "takes too long")
    return next((k for k in known if fate.startswith(k)), "other")


if __name__ == "__main__":
    sys.exit(main())
