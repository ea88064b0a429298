"""The settings of a rule: those that its head names, or the coefficients of its averages where it has no
head."""

from __future__ import annotations

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.language.node import Node
from nos_sym.language.setting import setting, settings_of
from nos_sym.language.traversal import walk
from nos_sym.program.forms import forms_of
from nos_sym.program.moments import moment_rank


def with_implied_settings(expression: Basic) -> Basic:
    """Return an expression in which literal coefficients of states are settings, where it names none.

    An operation says of its parameter that it is one (``Parameter.setting``: the beta of an average). Equal
    averages share theirs, corrected or not, and a bias correction that stands apart, as Keras' Adam has it,
    takes that of the one average with the same coefficient. The names are ``beta``, or ``beta1``, ``beta2``,
    ... in the order of the averages, those of the gradient first: schedulers of PyTorch cycle that one.
    """
    if settings_of(expression):
        return expression
    averages: dict[tuple[Basic, str, Rational], None] = {}
    for node in walk(expression):
        averages |= dict.fromkeys(_keys(node))
    forms = forms_of([expression]) if len(averages) > 1 else {}
    settings: dict[tuple[Basic, str, Rational], Node] = {}
    for kind in {key[1]: None for key in averages}:
        keys = [key for key in averages if key[1] == kind]
        keys.sort(key=lambda key: moment_rank(forms.get(key[0])))
        for count, key in enumerate(keys, 1):
            settings[key] = setting(kind if len(keys) == 1 else f"{kind}{count}", key[2])
    return _Substitution(settings).run(expression)


def _keys(node: Node) -> list[tuple[Basic, str, Rational]]:
    described = zip(node.operation.parameters, node.parameters, strict=True)
    return [
        (node.operands[0], parameter.setting, value)
        for parameter, value in described
        if parameter.setting and node.operands and isinstance(value, Rational)
    ]


class _Substitution:
    def __init__(self, settings: dict[tuple[Basic, str, Rational], Node]) -> None:
        self.settings = settings
        self.done: dict[Basic, Basic] = {}

    def run(self, expression: Basic) -> Basic:
        for node in walk(expression):
            self.done[node] = self._node(node)
        return self.done.get(expression, expression)

    def _node(self, node: Node) -> Basic:
        operands = [self.done.get(a, a) for a in node.operands]
        parameters = list(node.parameters)
        for index, parameter in enumerate(node.operation.parameters):
            value = parameters[index]
            if not parameter.setting or not isinstance(value, Rational):
                continue
            if node.operands:
                parameters[index] = self.settings[node.operands[0], parameter.setting, value]
                continue
            same = [
                s
                for (_, kind, number), s in self.settings.items()
                if (kind, number) == (parameter.setting, value)
            ]
            if len(same) == 1:
                parameters[index] = same[0]
        return node.func(*operands, *parameters)
