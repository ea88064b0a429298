"""Rules of one line written out as blocks: averages, running maxima and momentum as states with names."""

from __future__ import annotations

from collections.abc import Iterable

from sympy.core.basic import Basic

from nos_sym.language.block import Assign, Block, State, Statement
from nos_sym.language.kind import Kind
from nos_sym.language.node import kind_of
from nos_sym.language.products import product, quotient
from nos_sym.language.registry import REGISTRY, apply, complement, lookup
from nos_sym.language.rule import Rule
from nos_sym.language.scope import WEIGHT
from nos_sym.language.state import old_value, state_name
from nos_sym.language.system import MOMENTUM, expressions, system_of, with_states
from nos_sym.language.traversal import replaced, walk

VELOCITY = "velocity"
"""Name of the state of the momentum types; ``momentum`` is their coefficient."""


def as_block(rule: Rule | Block) -> Block:
    """Return the same optimizer as a block in which every state has a name.

    Averages become states ``average``, alternating differences ``delta1``, running maxima ``peak``, and what
    ``momentum ~`` and ``nesterov ~`` keep becomes ``velocity``; where there are several of a kind, or the
    name has a meaning, a number follows, in the order in which a reader of the text meets them. So ``none ~
    ema(g, 0.9)`` is ``{ state average; average <- 0.9 * average + 0.1 * g; w <- w - lr * average }``. States
    that a block declares keep their names and come first; one that both branches of an ``if`` declare is one.

    Raises:
        RuleError: the block would be too large.
    """
    system = with_states(system_of(rule))
    made = [state_name(s.old) for s in system.states]
    declared = {name for name in made if " " not in name and (name != MOMENTUM or isinstance(rule, Block))}
    wanted = {name: _word(name, declared) for name in made}
    names = _numbered(made, wanted, declared)
    leaves: dict[Basic, Basic] = {
        s.old: old_value(names[state_name(s.old)], kind_of(s.old)) for s in system.states
    }
    put = {x: replaced(written(x), leaves) for x in expressions(system)}
    statements: list[Statement] = []
    for state in system.states:
        kind = Kind.GLOBAL if state.shared else kind_of(state.old)
        statements.append(State(names[state_name(state.old)], kind, put[state.start]))
    statements += [Assign(names[state_name(s.old)], put[s.new]) for s in system.states]
    return Block((*statements, Assign(WEIGHT, put[system.move])), rule.name, rule.source)


def written(expression: Basic) -> Basic:
    """Return an expression as the parser of blocks makes it: weighted means and factors of the step."""
    made: dict[Basic, Basic] = {}
    for node in walk(expression):
        a = [made.get(x, x) for x in node.args]
        if node.operation.name == "wmean":
            x, y, weight = a
            made[node] = apply("add", product(weight, x), product(complement(weight), y))
        elif node.operation.name in ("mul", "div"):
            made[node] = product(*a) if node.operation.name == "mul" else quotient(*a)
        else:
            made[node] = node.func(*a) if node.operands else node
    return made.get(expression, expression)


def _word(name: str, declared: set[str]) -> str:
    """Return what a state is called, before numbers tell those of one kind apart."""
    if name in declared:
        return name
    if name == MOMENTUM:
        return VELOCITY
    recursion = REGISTRY[name.partition(" ")[0]].state
    assert recursion is not None
    return recursion.letter


def _numbered(made: Iterable[str], wanted: dict[str, str], declared: set[str]) -> dict[str, str]:
    taken = set(declared)
    names: dict[str, str] = {name: name for name in declared}
    words = [word for name, word in wanted.items() if name not in declared]
    for name in made:
        if name in declared:
            continue
        word, count = wanted[name], 1
        several = words.count(word) > 1 or word in taken or lookup(word) is not None
        while (found := f"{word}{count}" if several else word) in taken:
            count += 1
        taken.add(found)
        names[name] = found
    return names
