"""What the supplementary searches find at their first moves: mutations of the Adam of the search space."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from support.store_fakes import SizedTrainer

from nos_sym import catalog, factor, key_of, parse
from nos_sym.algebra.schedule_keys import schedule_form
from nos_sym.genome.decode import decode
from nos_sym.genome.encode import encode
from nos_sym.genome.genome import Genome, GraphNode
from nos_sym.genome.mutate import MutationKind, mutate
from nos_sym.language.rule import Rule
from nos_sym.report.tables.known_schedule import in_catalog
from nos_sym.search.evolve import evolve
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.settings import SearchSettings, preset
from nos_sym.search.store.store import Store

OUTPUT = 4
"""Position of the output node behind the four hidden ones."""

ROOT, FREE = 0, 1
"""The hidden node that has the root, and the first of those that mean nothing at the start."""


@dataclass(frozen=True)
class Move:
    """One mutation: its kind, the node that it changes, and what stands there after it.

    ``operation`` is left out where any will do: that of a node whose number of arguments changes is drawn, or
    the one that lay dormant there.
    """

    kind: MutationKind
    node: int
    arguments: tuple[int | str, ...]
    operation: str | None = None


TO_CLIP = Move(MutationKind.OPERATION, OUTPUT, ("v_hat", ROOT), "clip")
PATHS: dict[str, tuple[Move, ...]] = {
    "A1": (TO_CLIP,),
    "A2": (TO_CLIP, Move(MutationKind.OPERATION, ROOT, ("s_hat",), "ln")),
    # A free node comes under the root, and becomes the logarithm of what the root had.
    "A3": (
        TO_CLIP,
        Move(MutationKind.CONNECTION, ROOT, (FREE,), "sqrt"),
        Move(MutationKind.OPERATION, FREE, ("g",), "ln"),
        Move(MutationKind.CONNECTION, FREE, ("s_hat",), "ln"),
    ),
    "A4": (TO_CLIP, Move(MutationKind.OPERATION, ROOT, ("s_hat",), "sigmoid")),
    # A free node becomes A1 beside the root, which the output then loses.
    "A5": (
        Move(MutationKind.CONNECTION, OUTPUT, (FREE, ROOT), "div"),
        Move(MutationKind.CONNECTION, FREE, ("v_hat",), "id"),
        Move(MutationKind.ARITY, FREE, ("v_hat", ROOT)),
        Move(MutationKind.OPERATION, FREE, ("v_hat", ROOT), "clip"),
        Move(MutationKind.ARITY, OUTPUT, (FREE,)),
        Move(MutationKind.OPERATION, OUTPUT, (FREE,), "clip_norm"),
    ),
}  # fmt: skip
"""How each Adam variant comes of the Adam of the search space by mutations."""


def start(settings: SearchSettings, rng: np.random.Generator | None = None) -> Genome:
    rule = catalog.entry("AdamSearch")
    assert isinstance(rule, Rule) and settings.initial == ("AdamSearch",)
    parent = encode(rule, settings.genome, rng, settings.operations.space())
    assert str(decode(parent)) == "none ~ v_hat / sqrt(s_hat)"
    return parent


def mutations(name: str, count: int) -> list[Rule]:
    """Mutations of Adam, each drawn with a seed of its own, with the settings of a preset."""
    settings = preset(name)
    parent, space = start(settings, np.random.default_rng(0)), settings.operations.space()
    return [
        decode(mutate(parent, np.random.default_rng([1, seed]), settings.genome, space).genome)
        for seed in range(count)
    ]


def made_by(move: Move, parent: Genome, settings: SearchSettings) -> Genome:
    """Return what ``mutate`` itself makes of a genome where it makes this move."""
    weights = {f"mutate_{kind.value}": float(kind is move.kind) for kind in MutationKind}
    weights.pop("mutate_swap")
    only = replace(settings.genome, **weights)
    for seed in range(20_000):
        found = mutate(parent, np.random.default_rng([2, seed]), only, settings.operations.space())
        if found.kind is move.kind and is_made(move, parent, found.genome):
            return found.genome
    raise AssertionError(f"no mutation makes {move} of {decode(parent)}")


def is_made(move: Move, parent: Genome, child: Genome) -> bool:
    def shown(node: GraphNode) -> tuple[object, ...]:
        return node.form, node.arguments

    others = [shown(a) == shown(b) for a, b in zip(parent.nodes, child.nodes, strict=True)]
    node = child.nodes[move.node]
    return (
        others.count(False) == 1
        and not others[move.node]
        and tuple(argument.source for argument in node.arguments) == move.arguments
        and not any(argument.decay for argument in node.arguments)
        and move.operation in (None, node.form.operation)
    )


@pytest.mark.parametrize("name", PATHS)
def test_each_adam_variant_is_a_few_mutations_away(name: str) -> None:
    settings = preset("paper-adam-variants")
    genome = start(settings)
    assert len(PATHS[name]) <= 6 and len(genome.hidden) == OUTPUT
    for number, move in enumerate(PATHS[name]):
        assert key_of(decode(genome)) != key_of(name), f"{name} is there after {number} moves"
        genome = made_by(move, genome, settings)
    assert key_of(decode(genome)) == key_of(name)


def test_a1_is_one_mutation_away() -> None:
    """From the Adam of a framework it is not: its epsilon, and its beta of 0.999, would have to go."""
    found = mutations("paper-adam-variants", 1000)
    a1 = key_of("A1")
    assert sum(key_of(rule) == a1 for rule in found if "clip(v_hat" in str(rule)) >= 10


@pytest.mark.parametrize("count", [40, pytest.param(150, marks=pytest.mark.heavy)])
def test_decays_of_its_arguments_leave_as_schedules(count: int) -> None:
    found = [rule for rule in mutations("paper-lr-schedules", count) if "[" in str(rule)]
    left = [rule for rule in found if schedule_form(rule) is not None]
    assert len(found) == count and len(left) > 0.9 * count
    # From an Adam with an epsilon beside its root the decay of the root cannot leave.
    assert schedule_form(parse("none ~ v_hat / (sqrt([a1] s_hat) + 1e-8)")) is None
    # A decay on the argument of the root leaves as one over its root.
    assert any("sqrt([" in str(rule) for rule in left)


@pytest.mark.parametrize(
    ("decay", "schedule"), [("erf(a11)", "LR5"), ("dsoft(a10)", "LR7"), ("softsign(arctan(a12))", "LR8")]
)
def test_schedules_of_table_10_are_decays_under_the_root(decay: str, schedule: str) -> None:
    made = factor(parse(f"none ~ v_hat / sqrt([{decay}] s_hat)"))
    assert str(made.core) == "none ~ v_hat / sqrt(s_hat)" and str(made.constant) == "1"
    found = in_catalog(made.schedule)
    assert found == (catalog.entry(schedule), 1)


def searched(name: str, store: Path, mutations: int) -> Iterator[Rule]:
    """Run a preset with fewer children and a trainer that computes, and yield what it trained."""
    SizedTrainer.stop_after.clear()
    changes = {"trainer": "sized", "time_steps": 1, "mutations": mutations, "confirm": [0, 0]}
    with Store.open(store) as opened:
        run, report = evolve(preset(name, **changes), opened, executor=InProcess())
        rules = [e.read_rule() for e in opened.evaluations(run.id) if e.fitness is not None]
    assert run.finished is not None and len(rules) > mutations / 2, report
    yield from rules


def test_the_search_of_adam_variants_finds_a1(tmp_path: Path) -> None:
    found = [key_of(rule) for rule in searched("paper-adam-variants", tmp_path / "run.db", 60)]
    assert {key_of("AdamSearch"), key_of("A1")} <= set(found)


def test_the_search_of_schedules_finds_one_over_a_root(tmp_path: Path) -> None:
    adam = key_of("AdamSearch")
    made = [factor(rule) for rule in searched("paper-lr-schedules", tmp_path / "run.db", 20)]
    found = [parts for parts in made if parts.has_schedule and key_of(parts.core) == adam]
    assert any("recip(sqrt(" in str(parts.schedule) for parts in found), found
