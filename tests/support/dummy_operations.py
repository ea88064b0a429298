"""Dummy operations with every facet set, as a plug-in would add them, and what 20 seeds sample beside them.

Run as ``python -m support.dummy_operations early``, it registers the dummies before the genomes are imported
and checks that they work; run with ``late``, it registers them after some genomes were sampled. Then it
prints the samples as JSON.
"""

from __future__ import annotations

import importlib
import json
import math
import sys
from typing import Any

import nos_sym.language  # noqa: F401 - fills the registry
from nos_sym.backends.latex.form import write as write_latex
from nos_sym.backends.spelling import spell
from nos_sym.intervals.interval import REALS, UNIT, Interval
from nos_sym.language.authors.table import write as write_authors
from nos_sym.language.kind import Kind
from nos_sym.language.operation import Meaning, Monotone, Operation, Parameter, Parity, Recursion, Role
from nos_sym.language.plain_form import plain
from nos_sym.language.registry import apply, number, register
from nos_sym.language.singularity import DIVISION

BACKENDS = ("keras", "optax", "python", "tensorflow", "torch")


def register_dummies() -> None:
    """Add an odd function, a commutative pair with a literal, a state and a schedule."""
    odd = Meaning(
        range=lambda x: x,
        reference=lambda xp, x: x / 3,
        parity=Parity.ODD,
        monotone=Monotone.INCREASING,
        definition=lambda x: apply("mul", x, number("0.5")),
    )
    pair = Meaning(
        range=lambda x, y: REALS,
        reference=lambda xp, x, y: 1 / (x * y),
        singularity=DIVISION,
        commutative=True,
        absolute=True,
    )
    schedule = Meaning(
        range=lambda: UNIT,
        reference=lambda xp, env: 1 - env.step / env.total_steps,
        definition=lambda: apply("sub", number(1), apply("p")),
    )
    _add("zodd", 1, Role.ELEMENTWISE, meaning=odd, aliases=("zodd_alias",), standard=True, noun="third")
    _add("zpair", 2, Role.ELEMENTWISE, meaning=pair, standard=True)
    _add("a15", 0, Role.LEAF, meaning=schedule, kind=Kind.STEP)
    _add(
        "zstate",
        1,
        Role.STATE,
        parameters=(Parameter("beta", 0, 1, high_open=True, setting="beta"),),
        meaning=Meaning(range=lambda x, beta: Interval(-math.inf, math.inf)),
        state=Recursion(
            step=lambda old, x, beta: apply("add", old, apply("wmean", old, x, weight=beta)), letter="z"
        ),
        digest="z_state",
    )
    write_authors("zodd", update="zodd({0})", decay="zodd({0})")
    write_authors("zpair", update="zpair({0}, {1})", decay="zpair({0}, {1})", literals=("0", "1"))
    write_authors("zstate", update="zstate({0}, {beta})", values=("0.9", "0.5"))
    write_authors("a15", decay="a15")


def _add(name: str, arity: int, role: Role, **more: Any) -> None:
    more = {"title": f"dummy {name}", "computes": name, "source": "tests", "aliases": (f"{name}_too",)} | more
    register(Operation(name=name, arity=arity, role=role, **more))
    arguments = ", ".join(f"{{{index}}}" for index in range(arity))
    values = arity + len(more.get("parameters", ()))
    spelled = ", ".join(f"{{{index}}}" for index in range(values))
    for backend in BACKENDS:
        importlib.import_module(f"nos_sym.backends.{backend}")
        spell(backend, name, f"{name}({spelled})", guarded=f"guarded_{name}({spelled})")
    write_latex(name, rf"\operatorname{{{{{name}}}}}({arguments})", f"{name} is a dummy")
    plain(name, lambda s, *arguments: s.Function(name)(*arguments))


def check_dummies() -> None:
    """Assert that rules with the dummies are genomes and lines of the authors' log."""
    from nos_sym.genome.decode import decode
    from nos_sym.genome.encode import encode
    from nos_sym.language.authors.parser import parse_authors
    from nos_sym.language.authors.printer import print_authors
    from nos_sym.language.rule import Momentum, Rule

    gradient, schedule = apply("g"), apply("zpair", apply("zodd", apply("a15")), apply("a2"))
    state = apply("zstate", apply("zpair", apply("zodd", gradient), number(0)), beta="0.5")
    rule = Rule(Momentum.NONE, apply("add", gradient, apply("scale", schedule, state)))
    assert decode(encode(rule)) == rule
    assert print_authors(rule) == "None ~ (g)+([zpair(zodd(a15), a2)][zstate(zpair(zodd(g), 0), 0.5)])"
    assert parse_authors(print_authors(rule)) == rule


def samples() -> list[str]:
    """Return genomes of 20 seeds and chains of their mutations, as the texts of their JSON."""
    import numpy as np

    from nos_sym.genome.mutate import mutate
    from nos_sym.genome.sample import sample
    from nos_sym.genome.settings import GenomeSettings

    settings = GenomeSettings(decay=0.5, decay_hidden_nodes=2)
    texts = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        genome = sample(rng, settings)
        texts.append(json.dumps(genome.to_json()))
        for _ in range(12):
            genome = mutate(genome, rng, settings).genome
            texts.append(json.dumps(genome.to_json()))
    return texts


if __name__ == "__main__":
    if sys.argv[1] == "late":
        samples()
        register_dummies()
    else:
        assert not [name for name in sys.modules if name.startswith("nos_sym.genome")]
        register_dummies()
        check_dummies()
    print(json.dumps(samples()))
