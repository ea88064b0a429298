"""Templates: a search that evolves only what stands for ``?`` in a rule, as in ``none ~ v_hat / ?``.

A genome is what stands for ``?``, a tensor; a candidate is the whole rule, so that integrity check, keys,
deduplication, stores, reports and rendered files are of whole rules. The momentum type is that of the
template, and the sign is what the integrity check chooses, as in every search.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from sympy.core.basic import Basic

from nos_sym.algebra.canonical import key_of
from nos_sym.errors import NosSymError, SourceError, quoted
from nos_sym.genome.decode import decode
from nos_sym.genome.genome import Genome
from nos_sym.genome.settings import GenomeSettings
from nos_sym.language.node import Node, depth_of, size_of
from nos_sym.language.parser import parse_rule
from nos_sym.language.rule import Rule
from nos_sym.language.substitution import substitution
from nos_sym.language.traversal import walk
from nos_sym.search.records import SettingsError

HOLE = "?"
"""What is evolved."""

_STAND_IN = "ema(g, 0.70710678118654752)"
"""What is read in its place: an expression that nobody writes."""

_MOST_DEPTH, _MOST_NODES, _LONGEST = 60, 400, 2000
"""A template is small beside the largest rule, so that genomes have room."""

_PROBES = ("g", "tanh(g)", "v_hat", "s_hat * g", "0.001 * w")
"""What is tried to see whether a template depends on what stands for ``?``."""


class TemplateError(NosSymError):
    """A text that is no template, or a rule that is not of one."""


@dataclass(frozen=True, slots=True)
class Template:
    """A rule with a place in it; :func:`read_template` reads one.

    Attributes:
        text: the template as it was written.
        rule: the rule, with an expression of its own where ``?`` stands.
        place: that expression.
    """

    text: str
    rule: Rule
    place: Basic

    def fill(self, part: Rule) -> Rule:
        """Return the template with the update of a rule in the place of ``?``, and with the rule's sign.

        Raises:
            RuleError: the result is larger than a rule may be.
        """
        update = substitution({self.place: part.update})(self.rule.update)
        return Rule(self.rule.momentum, update, part.ascent)

    def part_of(self, rule: Rule) -> Rule:
        """Return what stands for ``?`` in a rule that is written as the template is.

        Raises:
            TemplateError: the rule is written in another way, or has another momentum type.
        """
        found: list[Basic] = []
        fits = rule.momentum is self.rule.momentum and self._match(self.rule.update, rule.update, found)
        if not fits or len(set(found)) != 1:
            raise TemplateError(
                f"{quoted(rule.name or str(rule), 60)} is not written as the template "
                f"{quoted(self.text, 60)}, so that nothing in it stands for '?'; write it so"
            )
        return Rule(rule.momentum, found[0], rule.ascent)

    def _match(self, template: Basic, expression: Basic, found: list[Basic]) -> bool:
        if template == self.place:
            found.append(expression)
            return True
        if template.func is not expression.func or len(template.args) != len(expression.args):
            return False
        if not template.args:
            return bool(template == expression)
        pairs = zip(template.args, expression.args, strict=True)
        return all(self._match(a, b, found) for a, b in pairs)


@lru_cache(maxsize=16)
def read_template(text: str) -> Template:
    """Read a template: a rule of one line in which ``?`` stands once where a tensor may stand.

    >>> read_template("none ~ v_hat / ?")

    Raises:
        TemplateError: the text has no ``?`` or several, is too large, or depends on nothing in its place.
        SourceError: it is no rule, with the place.
    """
    if text.count(HOLE) != 1:
        count = text.count(HOLE) or "no"
        raise TemplateError(
            f"the template {quoted(text, 60)} has {count} '?'; expected one, as in 'none ~ v_hat / ?'"
        )
    if len(text) > _LONGEST:
        raise TemplateError(f"a template of {len(text)} characters is too long; expected at most {_LONGEST}")
    at = text.index(HOLE)
    try:
        rule = parse_rule(text.replace(HOLE, _STAND_IN))
    except SourceError as error:
        raise _placed(error, text, at) from None
    place = parse_rule(f"none ~ {_STAND_IN}").update
    if not any(node == place for node in walk(rule.update)):
        raise SourceError("'?' stands where no tensor is; expected a place in the update", text, at)
    if rule.settings:
        raise TemplateError("a template has numbers and no settings; write the numbers in their places")
    if rule.ascent:
        raise TemplateError("a template has no 'ascent'; the integrity check chooses the sign")
    if any(isinstance(node, Node) and node.operation.optional for node in walk(rule.update)):
        raise TemplateError("a template has no dropout; what stands for '?' may have some")
    if depth_of(rule.update) > _MOST_DEPTH or size_of(rule.update) > _MOST_NODES:
        raise TemplateError(
            f"the template is too large; expected at most {_MOST_DEPTH} levels and {_MOST_NODES} nodes"
        )
    template = Template(text, Rule(rule.momentum, rule.update), place)
    if len({key_of(template.fill(parse_rule(f"none ~ {probe}"))) for probe in _PROBES}) == 1:
        raise TemplateError(
            f"the template {quoted(text, 60)} means the same whatever stands for '?'; write one that "
            "depends on it"
        )
    return template


def check_template(text: str, genome: GenomeSettings) -> None:
    """Check that a search can evolve what stands for ``?`` in a text.

    Raises:
        SettingsError: the text is no template, or the mutations of the settings change nothing in it.
    """
    try:
        read_template(text)
    except NosSymError as error:
        raise SettingsError(f"'template' cannot be used: {error}") from None
    others = ("operation", "connection", "arity", "decay")
    if not genome.only_decays and not any(getattr(genome, f"mutate_{name}") for name in others):
        raise SettingsError(
            "'template' fixes the momentum type, and all mutations change that; expected another one"
        )


def _placed(error: SourceError, text: str, at: int) -> SourceError:
    """Return an error of the text with the stand-in as one of the template."""
    longer = len(_STAND_IN) - 1
    position = error.position
    if position > at:
        position = max(at, position - longer)
    if at <= error.position <= at + longer or _STAND_IN in error.message:
        message = "'?' stands where no tensor may stand; only a tensor of the update is evolved"
    else:
        message = error.message
    return SourceError(message, text, position)


def decoder(template: str) -> Callable[[Genome], Rule]:
    """Return what makes the rule of a genome, within a template where there is one.

    Args:
        template: the template; empty for none.
    """
    if not template:
        return decode
    read = read_template(template)
    return lambda genome: read.fill(decode(genome))
