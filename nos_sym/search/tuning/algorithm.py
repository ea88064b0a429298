"""The search of a tuning: one evolution strategy for each optimizer, all of them in step.

First each optimizer is evaluated as it is, which the archive answers where the store has it. Then each of the
strategies proposes a population, and the next one when all results of all of them are known: what is asked
for depends on results alone, and as many trainings as there are proposals run at the same time.
"""

from __future__ import annotations

from collections.abc import Callable

from nos_sym.language.rule import Rule
from nos_sym.search.candidates import Candidate, Result
from nos_sym.search.errors import SearchError
from nos_sym.search.fingerprints import Fingerprints
from nos_sym.search.listener import Listener
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.template import TemplateError, read_template
from nos_sym.search.tuning.constants import Constant, constants_of, with_constants
from nos_sym.search.tuning.settings import TuningSettings
from nos_sym.search.tuning.strategy import Strategy

MOST_CONSTANTS = 100
"""Constants of one optimizer: many more than trainings could tell apart."""

_STALLED = 20
"""Populations without a training after which nothing new is expected."""


class Tuned:
    """One optimizer while it is tuned.

    Args:
        settings: settings of the tuning.
        number: which of its optimizers.
        prints: makes fingerprints.

    Attributes:
        constants: what is tuned.
        why_not: why nothing is tuned; empty where something is.
        left: number of trainings that are left.
        results: results by the slot.
        points: coordinates by the slot.
    """

    def __init__(self, settings: TuningSettings, number: int, prints: Fingerprints) -> None:
        self.number = number
        self.rule = settings.origins[number].rule.named("", "")
        self.left = settings.trainings
        self.results: dict[Slot, Result] = {}
        self.points: dict[Slot, tuple[float, ...]] = {}
        self._settings = settings
        self._prints = prints
        self.constants: list[Constant] = []
        self._make: Callable[[tuple[float, ...]], Rule | None] = lambda point: None
        self.why_not = self._prepare()
        self._strategy: Strategy | None = None
        if not self.why_not:
            rng = Slot(Stage.TUNING, number).generator(settings.search.seed, 0)
            dimension = len(self.constants)
            self._strategy = Strategy(dimension, settings.spread, settings.population, rng)
        self._points: list[tuple[tuple[float, ...], Slot | None]] = []
        self._whole = False
        self._before = self.left
        self._stalled = 0

    @property
    def is_done(self) -> bool:
        """Whether nothing more is proposed."""
        return self._strategy is None or self.left <= 0 or self._stalled >= _STALLED

    def first(self) -> Candidate:
        """Return the optimizer as it is."""
        return self._candidate(Slot(Stage.TUNING, self.number), self.rule)

    def next(self, generation: int) -> list[Candidate]:
        """Return the candidates of the next population; none where all would leave their ranges."""
        strategy = self._strategy
        assert strategy is not None
        count = min(strategy.population, self.left)
        self._whole = count == strategy.population
        self._before = self.left
        self._points = []
        candidates = []
        for child, point in enumerate(strategy.ask(count)):
            rule = self._make(point)
            slot = Slot(Stage.TUNING, self.number, generation, child)
            self._points.append((point, None if rule is None else slot))
            if rule is not None:
                self.points[slot] = point
                candidates.append(self._candidate(slot, rule))
        return candidates

    def tell(self, result: Result) -> None:
        """Take in a result."""
        self.results[result.slot] = result
        self.left -= int(result.was_trained)

    def learn(self) -> None:
        """Learn from a population whose results are all known."""
        if not self._points or self._strategy is None:
            return
        fitness = [None if slot is None else self.results[slot].fitness for _, slot in self._points]
        if self._whole:
            self._strategy.tell([point for point, _ in self._points], fitness)
        self._stalled = self._stalled + 1 if self.left == self._before else 0
        self._points = []

    def _prepare(self) -> str:
        """Find the constants, and return why there are none to tune."""
        part: Rule = self.rule
        fill: Callable[[Rule], Rule] = _itself
        if self._settings.search.template:
            template = read_template(self._settings.search.template)
            try:
                part, fill = template.part_of(self.rule), template.fill
            except TemplateError as error:
                return str(error)
        self.constants = constants = constants_of(part, self._settings.also)

        def make(point: tuple[float, ...]) -> Rule | None:
            made = with_constants(part, constants, point)
            return None if made is None else fill(made)

        self._make = make
        if not constants:
            return "it has no constant that counts"
        if len(constants) > MOST_CONSTANTS:
            return f"it has {len(constants)} constants; expected at most {MOST_CONSTANTS}"
        return ""

    def _candidate(self, slot: Slot, rule: Rule) -> Candidate:
        return Candidate(slot, rule, None, self._prints.of(rule), self._settings.search.training)


def _itself(rule: Rule) -> Rule:
    return rule


class TuningSearch:
    """Asks for what the strategies of all optimizers propose; see the module.

    Args:
        settings: settings of the tuning.
        prints: makes fingerprints.
        listener: is told how much there is to do.

    Raises:
        SearchError: the package ``cma`` is missing.
    """

    def __init__(self, settings: TuningSettings, prints: Fingerprints, listener: Listener) -> None:
        self.tuned = [Tuned(settings, number, prints) for number in range(len(settings.origins))]
        self._listener = listener
        self._generation = 0
        self._open: set[Slot] = set()
        self._going = [each for each in self.tuned if not each.why_not]
        self._most = settings.trainings * len(self._going)

    def ask(self) -> list[Candidate]:
        """Return the next candidates; none while results of the last ones are missing."""
        if self._open:
            return []
        for each in self._going:
            each.learn()
        candidates: list[Candidate] = []
        while not candidates:
            if self._generation == 0 and self._going:
                self._listener.stage("tuning", self._most)
                candidates = [each.first() for each in self._going]
            else:
                going = [each for each in self._going if not each.is_done]
                if not going:
                    return []
                candidates = [candidate for each in going for candidate in each.next(self._generation)]
                if not candidates:
                    for each in going:
                        each.learn()
            self._generation += 1
        self._open = {candidate.slot for candidate in candidates}
        return candidates

    def tell(self, result: Result) -> None:
        """Take in the result of a candidate."""
        if result.slot not in self._open:
            raise SearchError(f"no result is expected for '{result.slot}'; tell each candidate's once")
        self._open.remove(result.slot)
        self.tuned[result.slot.particle].tell(result)
