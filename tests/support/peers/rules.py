"""Running the rules of faces by the interpreter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nos_sym.faces import Default, Face, Use, rule_of_face
from nos_sym.faces.face import settings_at
from nos_sym.language.block import Block
from nos_sym.language.setting import setting_default, setting_name
from nos_sym.program.parameters import Parameters
from support.peers.draws import Draw
from support.peers.problem import (
    CHECKED,
    RATE,
    Array,
    deep_problem,
    deep_shapes_of,
    flattened,
    problem,
    shapes_of,
)


def rule_at(face: Face, draw: Draw) -> tuple[Block, float]:
    """Return the rule of a face with the settings of a draw, and its learning rate."""
    values: dict[str, float] = {}
    rate: Default = RATE
    for argument in face.arguments:
        value = draw.get(argument.name, argument.default)
        if argument.use is Use.RATE:
            rate = argument.none if value is None else value
        elif argument.use is Use.SETTINGS:
            values |= settings_at(argument, value)
    assert isinstance(rate, int | float)
    return rule_of_face(face).with_settings(values), float(rate)


def run_rule(face: Face, draw: Draw) -> Array:
    """Return the weights of all parameters after the steps of ``CHECKED``, one row a step."""
    rule, rate = rule_at(face, draw)
    weights, gradients = problem(face)
    running = Parameters(rule, shapes_of(face))
    found = []
    for step, row in enumerate(gradients):
        weights = running.apply(weights, row, rate)
        if step in CHECKED:
            found.append(flattened(weights))
    return np.stack(found)


def deep_shapes_at(face: Face, draw: Draw) -> list[tuple[int, ...]]:
    """Return the shapes of three and more axes that the face of an original takes at a draw."""
    rule, _ = rule_at(face, draw)
    return deep_shapes_of(face, {setting_name(x): setting_default(x) for x in rule.settings})


def run_rule_deep(face: Face, draw: Draw, shapes: Sequence[tuple[int, ...]]) -> Array:
    """Return the weights of parameters of three and more axes after the first and the last step."""
    rule, rate = rule_at(face, draw)
    weights, gradients = deep_problem(shapes)
    running = Parameters(rule, shapes)
    found = []
    for row in gradients:
        weights = running.apply(weights, row, rate)
        found.append(flattened(weights))
    return np.stack([found[0], found[-1]])
