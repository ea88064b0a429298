"""Walks the registry: what is written about each operation in several ways must be the same thing."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction
from typing import Any

import mpmath
import pytest
import sympy
from support.random_rules import ONE_LINE, random_decay
from support.scalar_values import at, evaluate, exact, reference, same
from sympy.core.numbers import Rational

from nos_sym.backends.latex.form import form_of
from nos_sym.errors import RuleError
from nos_sym.intervals.interval import REALS, Interval
from nos_sym.language.authors.parser import parse_authors
from nos_sym.language.authors.printer import print_authors
from nos_sym.language.authors.table import form_of as log_form
from nos_sym.language.kind import Kind
from nos_sym.language.operands import OPERANDS
from nos_sym.language.operation import Operation, Parity, Role
from nos_sym.language.parser import parse
from nos_sym.language.plain import to_sympy
from nos_sym.language.plain_form import plain_form
from nos_sym.language.registry import ALIASES, CLASSES, REGISTRY, apply, lookup, number, register, suggestion
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.operations.operands import V_HAT

ELEMENTWISE = [o for o in ONE_LINE if o.role is Role.ELEMENTWISE]
ORDINARY = (-3.0, -1.0, -0.4, 0.0, 0.3, 1.0, 1.5451, 2.5, 20.0)
EXTREME = (-1e300, -1e30, -750.0, -1e-30, -1e-300, -5e-324, 5e-324, 1e-300, 1e-30, 750.0, 1e30, 1e300)


def each(operations: list[Operation]) -> Any:
    return pytest.mark.parametrize("operation", operations, ids=lambda o: o.name)


def parameters_of(operation: Operation) -> list[tuple[Rational, ...]]:
    """Return some values of all parameters."""
    if not operation.parameters:
        return [()]
    if operation.name == "pow":
        return [(Rational(n),) for n in range(2, 10)]
    if operation.name == "drop":
        return [(Rational(rate), Rational(1)) for rate in ("0.5", "0.3", "0.1", "0", "0.999")]
    return [(Rational(value),) for value in ("0", "0.05", "0.5", "0.95", "0.999")]


def arguments_of(operation: Operation, values: tuple[float, ...]) -> Any:
    return itertools.product(values, repeat=operation.arity)


# The tables


def test_the_paper_tables_are_complete() -> None:
    unary = [
        o for o in REGISTRY.values() if o.arity == 1 and log_form(o.name).update and o.role is not Role.STATE
    ]
    literal = [o for o in REGISTRY.values() if log_form(o.name).literals]
    assert sum(len(log_form(o.name).values) or 1 for o in unary) + len(literal) == 23
    assert len([o for o in REGISTRY.values() if log_form(o.name).update and o.role is Role.STATE]) == 3
    binary = [o for o in ELEMENTWISE if o.arity == 2]
    assert len([o for o in binary if log_form(o.name).update]) == 10
    assert len([o for o in REGISTRY.values() if o.arity == 0 and log_form(o.name).decay]) == 14
    assert len([o for o in ELEMENTWISE if o.arity == 1 and log_form(o.name).decay]) == 13
    assert len([o for o in binary if log_form(o.name).decay]) == 7
    assert len(OPERANDS) == len({o.authors for o in OPERANDS}) == len({o.expression for o in OPERANDS}) == 20


@each(list(REGISTRY.values()))
def test_every_operation_is_described(operation: Operation) -> None:
    assert operation.name.isidentifier()
    assert operation.title
    assert operation.computes
    assert operation.source
    assert form_of(operation).template
    reduces = operation.role is Role.REDUCTION and operation.of_blocks
    assert (operation.role is Role.LEAF) == (operation.arity == 0)
    assert (operation.kind is not None) == (operation.role is Role.LEAF or reduces)
    assert not operation.meaning.commutative or operation.arity == 2
    assert operation.meaning.parity is Parity.NONE or operation.arity == 1
    assert CLASSES[operation.name].operation is operation
    assert lookup(operation.name) is operation


def test_no_spelling_means_two_things() -> None:
    names = [
        *REGISTRY,
        *ALIASES,
        *(o.name for o in OPERANDS if o.name not in (None, "g")),
        "qhm",
        "qhm2",
        "qhm3",
    ]
    assert len(names) == len(set(names))
    for forms in (
        [log_form(o.name).update for o in REGISTRY.values()],
        [log_form(o.name).decay for o in REGISTRY.values()],
    ):
        known = [f for f in forms if f]
        assert len(known) == len(set(known))


def test_an_operation_is_described_once() -> None:
    with pytest.raises(RuleError, match="described twice"):
        register(REGISTRY["tanh"])


# The authors' forms


@each([o for o in REGISTRY.values() if log_form(o.name).update])
def test_authors_form_of_updates_round_trips(operation: Operation) -> None:
    operands = [parse(f"none ~ {text}").update for text in ("qhm(0.7)", "1e-4 * w")][: operation.arity]
    if operation.role is Role.SCALE:
        operands[0] = apply("a3")
    for value in log_form(operation.name).values or ("",):
        named = {p.name: v for p, v in zip(operation.parameters, (value, "1"), strict=False)}
        rule = Rule(Momentum.NONE, apply(operation.name, *operands, **named))
        assert parse_authors(print_authors(rule)) == rule
    for literal in log_form(operation.name).literals:
        rule = Rule(Momentum.NONE, apply(operation.name, *operands[:-1], number(literal)))
        assert parse_authors(print_authors(rule)) == rule


@each([o for o in REGISTRY.values() if log_form(o.name).decay])
def test_authors_form_of_decays_round_trips(operation: Operation) -> None:
    operands = [apply("a8"), apply("erf", apply("a13"))][: operation.arity]
    named = {p.name: v for p, v in zip(operation.parameters, log_form(operation.name).values, strict=False)}
    rule = Rule(Momentum.NONE, apply("scale", apply(operation.name, *operands, **named), V_HAT))
    assert parse_authors(print_authors(rule)) == rule


# Definitions, references and SymPy forms


@each([o for o in ELEMENTWISE if o.meaning.definition])
def test_definition_equals_reference(operation: Operation) -> None:
    assert operation.meaning.definition is not None
    for values in arguments_of(operation, ORDINARY + EXTREME):
        for parameters in parameters_of(operation):
            leaves = [apply("g"), apply("w")][: operation.arity]
            definition = operation.meaning.definition(*leaves, *parameters)
            environment = at(gradient=values[0], weight=values[-1])
            defined = evaluate(definition, environment)
            expected = reference(operation, *values, *parameters)
            # Where squares overflow, a reference may know how to avoid them; a definition is mathematics.
            overflows = max(map(abs, values)) > 1e150
            # Where a definition subtracts, a reference may know how to avoid the cancellation.
            first = definition.operands[0] if definition.operation.name == "sub" else number(0)
            cancels = abs(defined - expected) <= 2**-52 * abs(evaluate(first, environment))
            assert overflows or cancels or same(defined, expected, 1e-14), (values, parameters)


@each([o for o in REGISTRY.values() if o.meaning.definition and o.role is Role.LEAF])
def test_definition_of_a_schedule_equals_reference(operation: Operation) -> None:
    assert operation.meaning.definition is not None
    definition, leaf = operation.meaning.definition(), apply(operation.name)
    for total in (1, 2, 3, 7, 35, 100):
        for step in range(total):
            environment = at(step, total)
            assert evaluate(definition, environment) == pytest.approx(
                evaluate(leaf, environment), rel=1e-13, abs=1e-15
            )


@each(ELEMENTWISE)
def test_sympy_form_equals_reference(operation: Operation) -> None:
    parameters = parameters_of(operation)[-1]
    for values in arguments_of(operation, ORDINARY):
        numbers = [Rational(str(v)) for v in values]
        form = plain_form(operation.name, sympy, *numbers, *parameters)
        expected = reference(operation, *values, *parameters)
        if form.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo):
            assert not math.isfinite(expected)
            continue
        assert float(form.evalf(30)) == pytest.approx(expected, rel=1e-13, abs=1e-15), values


@each([o for o in ONE_LINE if o.role is Role.LEAF])
def test_sympy_form_of_a_leaf_equals_reference(operation: Operation) -> None:
    named = {p.name: "0.9" for p in operation.parameters}
    leaf = apply(operation.name, **named)
    for step, total in ((0, 1), (0, 7), (3, 7), (6, 7), (40, 100), (50, 100)):
        environment = at(step, total, gradient=0.25, weight=-1.5)
        form = to_sympy(leaf)
        values = {"t": step, "T": total, "g": Rational("0.25"), "w": Rational("-1.5")}
        form = form.subs({s: values[s.name] for s in form.free_symbols})
        assert float(form.evalf(30)) == pytest.approx(evaluate(leaf, environment), rel=1e-13, abs=1e-15)


def test_sympy_form_of_random_decays_equals_reference() -> None:
    rng = random.Random(3)
    for _ in range(60):
        decay = random_decay(rng, depth=2)
        form = Schedule(decay).sympy()
        step, total = 3, 10
        value = form.subs({s: {"t": step, "T": total}[s.name] for s in form.free_symbols})
        expected = evaluate(decay, at(step, total))
        if math.isfinite(expected):
            assert complex(value.evalf(30)) == pytest.approx(expected, rel=1e-11, abs=1e-12), str(decay)


# Symmetries


@each([o for o in ELEMENTWISE if o.arity == 1 and o.meaning.parity is not Parity.NONE])
def test_parity(operation: Operation) -> None:
    sign = -1 if operation.meaning.parity is Parity.ODD else 1
    for value in ORDINARY + EXTREME:
        # s(1 - s) and 1 - tanh^2 lose digits to cancellation where they are small.
        assert reference(operation, -value) == pytest.approx(
            sign * reference(operation, value), rel=1e-15, abs=3e-16, nan_ok=True
        )


@each([o for o in ELEMENTWISE if o.arity == 1 and o.meaning.parity is Parity.NONE and not o.parameters])
def test_no_parity(operation: Operation) -> None:
    values = [(reference(operation, -v), reference(operation, v)) for v in (0.3, 2.5)]
    assert any(left != right for left, right in values)
    assert any(left != -right for left, right in values)


@each([o for o in ELEMENTWISE if o.arity == 2])
def test_commutative(operation: Operation) -> None:
    parameters = parameters_of(operation)[1] if operation.parameters else ()
    pairs = [
        (reference(operation, x, y, *parameters), reference(operation, y, x, *parameters))
        for x, y in itertools.permutations(ORDINARY, 2)
    ]
    assert all(same(left, right) for left, right in pairs) == operation.meaning.commutative


@each(ELEMENTWISE)
def test_absolute_first_argument(operation: Operation) -> None:
    parameters = parameters_of(operation)[1] if operation.parameters else ()
    if operation.meaning.absolute:
        for x, *rest in arguments_of(operation, ORDINARY):
            assert same(
                reference(operation, x, *rest, *parameters), reference(operation, -x, *rest, *parameters)
            )


# Ranges

ENDS = (
    -math.inf,
    -20.0,
    -2.0,
    -1.0,
    -0.5,
    -0.3,
    -1e-3,
    0.0,
    1e-3,
    0.3,
    0.5,
    1.0,
    1.5,
    1.7,
    2.0,
    20.0,
    math.inf,
)


def random_interval(rng: random.Random) -> Interval:
    low, high = sorted(rng.choices(ENDS, k=2))
    if low == high:
        return Interval(low, high) if math.isfinite(low) else REALS
    return Interval(low, high, rng.random() < 0.5, rng.random() < 0.5)


def inside(rng: random.Random, x: Interval) -> list[float]:
    """Return values of an interval: its closed ends, neighbors of its ends, and some between."""
    low = -25.0 if math.isinf(x.low) else x.low
    high = 25.0 if math.isinf(x.high) else x.high
    after = 1e-40 if low == 0 else math.nextafter(low, high)
    before = -1e-40 if high == 0 else math.nextafter(high, low)
    near = [low, high, after, before, 0.0, 0.5, 1.5451]
    return [v for v in [*near, rng.uniform(low, high), rng.uniform(low, high)] if v in x]


def contains(x: Interval, value: Any) -> bool:
    above = value > x.low or (value == x.low and not x.low_open)
    return bool(above and (value < x.high or (value == x.high and not x.high_open)))


@each(ELEMENTWISE)
def test_ranges_hold_the_exact_values(operation: Operation) -> None:
    # 310 digits tell erf(25) from 1: whether an end belongs to the range is checked, too.
    rng = random.Random(operation.name)
    with mpmath.workdps(310):
        for _ in range(60 if operation.arity == 1 else 40):
            intervals = [random_interval(rng) for _ in range(operation.arity)]
            parameters = rng.choice(parameters_of(operation))
            image = operation.meaning.range(*intervals, *parameters)
            points = list(itertools.product(*(inside(rng, x) for x in intervals)))
            for values in rng.sample(points, min(len(points), 12)):
                try:
                    value = exact(operation, *values, *parameters)
                except (ZeroDivisionError, ValueError):
                    continue  # a singular point
                if isinstance(value, mpmath.mpf) and mpmath.isfinite(value):
                    assert contains(image, value), (
                        f"{operation.name}{values} is {float(value)!r}, not in {image} of {intervals}"
                    )


@each(ELEMENTWISE)
def test_ranges_are_not_all_of_the_reals_without_need(operation: Operation) -> None:
    bounded = Interval(1.0, 2.0)
    image = operation.meaning.range(*[bounded] * operation.arity, *parameters_of(operation)[-1])
    assert math.isfinite(image.low)
    assert math.isfinite(image.high)


@each([o for o in ONE_LINE if o.role is Role.LEAF and o.kind is Kind.STEP])
def test_ranges_of_schedules_hold_their_values(operation: Operation) -> None:
    leaf = apply(operation.name, **{p.name: "0.9" for p in operation.parameters})
    interval = operation.meaning.range(*leaf.parameters)
    values = []
    for total in (*range(1, 60), 100, 997, 1000, 64_000, 96_000):
        steps = range(total) if total <= 1000 else [*range(50), *range(total // 2 - 50, total // 2 + 50)]
        steps = [*steps, *range(max(0, total - 50), total)]
        values += [evaluate(leaf, at(step, total)) for step in steps]
    assert all(value in interval for value in values)
    if operation.parameters:
        return
    # An end that no schedule comes near would be a bound without need.
    assert min(values) - interval.low < 0.02
    assert interval.high - max(values) < 0.02


def test_ranges_of_states_hold_their_values() -> None:
    rng = random.Random(11)
    for _ in range(200):
        x = random_interval(rng)
        beta = Rational(rng.randint(0, 999), 1000)
        b = Fraction(int(beta.p), int(beta.q))
        average, peak, delta = Fraction(0), Fraction(0), Fraction(0)
        for step in range(8):
            value = Fraction(rng.choice(inside(rng, x)))
            average = b * average + (1 - b) * value
            peak, delta = max(peak, value), value - delta
            assert contains(REGISTRY["ema"].meaning.range(x, beta), average)
            assert contains(REGISTRY["ema_hat"].meaning.range(x, beta), average / (1 - b ** (step + 1)))
            assert contains(REGISTRY["running_max"].meaning.range(x), peak)
            assert contains(REGISTRY["delta"].meaning.range(x), delta)


def test_ranges_of_dropout_and_norm_hold_their_values() -> None:
    rng = random.Random(12)
    with mpmath.workdps(60):
        for _ in range(300):
            x = random_interval(rng)
            values = [mpmath.mpf(v) for v in inside(rng, x)]
            rate = rng.choice(parameters_of(REGISTRY["drop"]))
            keep = 1 - mpmath.mpf(int(rate[0].p)) / int(rate[0].q)
            dropped = REGISTRY["drop"].meaning.range(x, *rate)
            assert contains(dropped, 0)
            assert all(contains(dropped, v / keep) for v in values)
            tensor = rng.sample(values, rng.randint(1, min(3, len(values))))
            length = mpmath.sqrt(sum(v * v for v in tensor))
            normed = REGISTRY["clip_norm"].meaning.range(x)
            assert all(contains(normed, v / max(mpmath.mpf(1), length)) for v in tensor)


# Nodes


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: apply("tanh"), "'tanh' takes 1 argument, not 0"),
        (lambda: apply("g", V_HAT), "'g' takes no arguments, not 1"),
        (lambda: apply("clip", V_HAT), "'clip' takes 2 arguments, not 1"),
        (lambda: apply("ema", V_HAT), "needs its parameter 'beta'"),
        (lambda: apply("ema", V_HAT, beta="1"), "expected a value in [0, 1)"),
        (lambda: apply("ema", V_HAT, beta="-0.1"), "out of range"),
        (lambda: apply("ema", V_HAT, beta="0.99999999999999999"), "out of range"),
        (lambda: apply("ema", V_HAT, gamma="0.9"), "no parameter 'gamma'; expected beta"),
        (lambda: apply("tanh", V_HAT, beta="0.9"), "no parameter 'beta'; expected none"),
        (lambda: apply("pow", V_HAT, exponent="2.5"), "expected an integer in [2, 9]"),
        (lambda: apply("pow", V_HAT, exponent=10), "expected an integer in [2, 9]"),
        (lambda: apply("scale", V_HAT, V_HAT), "a tensor stands where a decay function must be"),
        (lambda: Rule(Momentum.NONE, apply("a1")), "an update equation is a tensor"),
        (lambda: Schedule(V_HAT), "a schedule is made of a1 to a14"),
        (lambda: number(Rational(1, 3)), "no finite decimal form"),
        (lambda: number("1e301"), "out of range"),
        (lambda: number("1e-301"), "out of range"),
    ],
)
def test_a_wrong_node_is_refused(build: Any, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        build()
    assert message in str(caught.value)


def test_a_negative_number_is_a_negation() -> None:
    assert number(-2) == apply("neg", number(2))
    assert number("-0.5") == apply("neg", number("0.5"))


def test_a_suggestion_is_the_nearest_name() -> None:
    assert suggestion("tahn", REGISTRY) == "; did you mean 'tanh'?"
    assert suggestion("completely", REGISTRY) == ""
