"""Baselines against their published algorithms, written here as plain loops over one weight."""

from __future__ import annotations

import math
import random
from types import SimpleNamespace

import pytest

from nos_sym import catalog
from nos_sym.intervals.floats import FLOATS
from nos_sym.language.node import Node
from nos_sym.language.operation import Role, reference_of
from nos_sym.language.state import next_state, previous_state

STEPS = 60


class Updates:
    """The updates ``U_t`` of a rule on one weight, by the registry's references in binary64."""

    def __init__(self, name):
        self.update = catalog.entry(name).at_defaults().update
        self.states = {}
        self.step = 0

    def __call__(self, gradient, weight):
        env = SimpleNamespace(gradient=gradient, weight=weight, step=self.step, total_steps=STEPS)
        done = {}

        def value(node):
            if not isinstance(node, Node):
                return float(node)
            if node not in done:
                done[node] = compute(node)
            return done[node]

        def compute(node):
            operation = node.operation
            if operation.state is not None:
                done[previous_state(node)] = self.states.get(node, 0.0)
                self.states[node] = value(next_state(node))
                return self.states[node]
            if operation.meaning.reference is None:
                return value(operation.meaning.definition(*node.operands, *node.parameters))
            parameters = [float(p) for p in node.parameters]
            if operation.role is Role.LEAF:
                return reference_of(operation)(FLOATS, env, *parameters)
            operands = [value(a) for a in node.operands]
            if operation.name == "pow":
                return operands[0] ** int(parameters[0])
            if operation.name == "wmean":
                weight = node.parameters[0]
                return float(weight) * operands[0] + float(1 - weight) * operands[1]
            return reference_of(operation)(FLOATS, *operands, *parameters)

        result = value(self.update)
        self.step += 1
        return result


def adam_moments(gradients, beta1=0.9, beta2=0.999):
    """Yield step, gradient and both uncorrected moments."""
    m = v = 0.0
    for t, g in enumerate(gradients, 1):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        yield t, g, m, v


def adam(gradients, weights):
    for t, _, m, v in adam_moments(gradients):
        yield (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)


def adam_search(gradients, weights):
    m, v = 0.0, 0.0
    for t, g in enumerate(gradients, 1):
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
        yield (m / (1 - 0.9**t)) / math.sqrt(v / (1 - 0.99**t))


def qhm(gradients, weights):
    """Algorithm 1 of Ma and Yarats 2018, with their recommended nu = 0.7 and beta = 0.999."""
    m = 0.0
    for g in gradients:
        m = 0.999 * m + (1 - 0.999) * g
        yield (1 - 0.7) * g + 0.7 * m


def adam_keras(gradients, weights):
    for t, _, m, v in adam_moments(gradients):
        yield m * math.sqrt(1 - 0.999**t) / (1 - 0.9**t) / (math.sqrt(v) + 1e-7)


def adamw(gradients, weights):
    return (u + 0.01 * w for u, w in zip(adam(gradients, weights), weights, strict=True))


def adamw_keras(gradients, weights):
    return (u + 0.004 * w for u, w in zip(adam_keras(gradients, weights), weights, strict=True))


def amsgrad(gradients, weights):
    top = 0.0
    for t, _, m, v in adam_moments(gradients):
        top = max(top, v)
        yield m / (1 - 0.9**t) / (math.sqrt(top) / math.sqrt(1 - 0.999**t) + 1e-8)


def amsgrad_keras(gradients, weights):
    top = 0.0
    for t, _, m, v in adam_moments(gradients):
        top = max(top, v)
        yield m * math.sqrt(1 - 0.999**t) / (1 - 0.9**t) / (math.sqrt(top) + 1e-7)


def rmsprop(gradients, weights):
    for _, g, _, v in adam_moments(gradients, beta2=0.99):
        yield g / (math.sqrt(v) + 1e-8)


def rmsprop_keras(gradients, weights):
    for _, g, _, v in adam_moments(gradients, beta2=0.9):
        yield g / math.sqrt(v + 1e-7)


def adabelief(gradients, weights):
    m = s = 0.0
    for t, g in enumerate(gradients, 1):
        m = 0.9 * m + 0.1 * g
        s = 0.999 * s + 0.001 * (g - m) ** 2 + 1e-16
        yield m / (1 - 0.9**t) / (math.sqrt(s / (1 - 0.999**t)) + 1e-16)


def sadam(gradients, weights):
    for t, _, m, v in adam_moments(gradients):
        root = math.sqrt(v / (1 - 0.999**t))
        yield m / (1 - 0.9**t) / (math.log1p(math.exp(50 * root)) / 50)


def aggmo(gradients, weights):
    buffers = {0.0: 0.0, 0.9: 0.0, 0.99: 0.0}
    for g in gradients:
        buffers = {beta: beta * v + g for beta, v in buffers.items()}
        yield sum(buffers.values()) / 3


def lion(gradients, weights):
    m = 0.0
    for g in gradients:
        yield math.copysign(1.0, 0.9 * m + 0.1 * g)
        m = 0.99 * m + 0.01 * g


def signs(combine):
    def run(gradients, weights):
        for t, g, m, _ in adam_moments(gradients):
            yield combine(math.copysign(1, g) * math.copysign(1, m), (t - 1) / STEPS) * g

    return run


ALGORITHMS = {
    "SGD": lambda gradients, weights: gradients,
    "SGDMomentum": lambda gradients, weights: gradients,
    "Nesterov": lambda gradients, weights: gradients,
    "Adam": adam,
    "AdamSearch": adam_search,
    "AdamKeras": adam_keras,
    "AdamW": adamw,
    "AdamWKeras": adamw_keras,
    "AMSGrad": amsgrad,
    "AMSGradKeras": amsgrad_keras,
    "RMSProp": rmsprop,
    "RMSPropKeras": rmsprop_keras,
    "AdaBelief": adabelief,
    "SADAM": sadam,
    "AggMo": aggmo,
    "Lion": lion,
    "QHM": qhm,
    "PowerSign": signs(lambda agreement, p: math.exp(agreement)),
    "PowerSignLD": signs(lambda agreement, p: math.exp((1 - p) * agreement)),
    "AddSign": signs(lambda agreement, p: 1 + agreement),
    "AddSignLD": signs(lambda agreement, p: 1 + (1 - p) * agreement),
}


@pytest.mark.parametrize("name", ALGORITHMS)
def test_baseline_is_its_published_algorithm(name):
    rng = random.Random(2024)
    gradients = [rng.gauss(0, 1) * 10 ** rng.uniform(-3, 1) for _ in range(STEPS)]
    weights = [rng.gauss(0, 1) for _ in range(STEPS)]
    updates = Updates(name)
    expected = list(ALGORITHMS[name](gradients, weights))
    assert len(expected) == STEPS
    for gradient, weight, known in zip(gradients, weights, expected, strict=True):
        # Averages are a few dozen roundings of binary64 away from each other.
        assert updates(gradient, weight) == pytest.approx(known, rel=1e-12)


def test_every_baseline_but_the_operand_is_compared():
    baselines = {name for name in catalog.names() if catalog.group_of(name) == "baselines"}
    assert baselines - set(ALGORITHMS) == {"QHMSearch"}
