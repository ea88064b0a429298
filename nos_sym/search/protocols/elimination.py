"""The elimination protocol (Section 3.6): the best optimizers of a run on larger and larger networks.

In each stage every candidate is trained several times, and those with the best mean fitness go on to the
next stage. Every repeat is an evaluation in the store, so an elimination that is interrupted goes on with
those that are missing. A candidate is out if one of its repeats has no fitness.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from typing import Any

from nos_sym.search.errors import SearchError
from nos_sym.search.executors.protocol import Executor
from nos_sym.search.listener import Listener
from nos_sym.search.protocols.elimination_settings import EliminationSettings
from nos_sym.search.protocols.stages import Contestant, Progress, play
from nos_sym.search.reports.hall_of_fame import HallOfFame, hall_of_fame
from nos_sym.search.resuming import going_on
from nos_sym.search.store.rows import Run
from nos_sym.search.store.store import Store
from nos_sym.search.trainer_kinds import load_trainer, name_of
from nos_sym.search.trainers import Trainer
from nos_sym.search.trainings import Trainings

KIND = "elimination"


@dataclass(frozen=True, slots=True)
class Elimination:
    """The result of an elimination.

    Attributes:
        source: number of the run that the candidates come from.
        task: task on which they were chosen.
        contestants: all candidates, the best first.
    """

    source: int
    task: str
    contestants: tuple[Contestant, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the result as JSON data."""
        rows = [
            asdict(c) | {"means": [c.mean(stage) for stage in range(len(c.scores))]} for c in self.contestants
        ]
        return {"source": self.source, "task": self.task, "contestants": rows}

    def kept(self, settings: EliminationSettings) -> tuple[Contestant, ...]:
        """Return those that the last stage keeps, the best first."""
        last = len(settings.stages) - 1
        fit = [c for c in self.contestants if c.mean(last) is not None]
        return tuple(fit[: settings.stages[last].keep])


def eliminate(
    settings: EliminationSettings,
    store: Store,
    source: int,
    *,
    executor: Executor,
    trainer: Trainer[Any] | None = None,
    resume: bool = False,
    progress: Progress = lambda stage, done, total: None,
    listener: Listener | None = None,
    of: Store | None = None,
    whole: bool = False,
) -> tuple[Run, Elimination]:
    """Train the best optimizers of a run on larger and larger networks, and keep the best of each stage.

    Args:
        settings: stages and training.
        store: store that trainings are written to, open for writing.
        source: number of the run whose best optimizers compete.
        executor: where they are trained.
        trainer: trains with an optimizer; by default the trainer that the settings name.
        resume: continue the store's elimination of this run with these settings, if it has one.
        progress: called before each stage and after each training.
        listener: is called with the run, with each training that ends, and at the end.
        of: store with the run, open for reading, where that is another one. The run must have ended, since
            nothing in ``store`` says how far it was.
        whole: whether an elimination that began before the run ended is none that goes on.

    Returns:
        The run of the elimination in the store, and its result.

    Raises:
        NosSymError: there is no such run, it has no optimizer with a fitness, or the store has an interrupted
            elimination like this and ``resume`` is not set. Evaluations are kept.
    """
    from_run = (of or store).run(source)
    if of is not None and from_run.finished is None:
        raise SearchError(f"run {source} of '{of.path}' has not ended; continue it before it is eliminated")
    trainer = trainer or load_trainer(settings.trainer)
    settings = replace(settings, trainer=name_of(trainer, settings.trainer))
    before = {run.id for run in store.runs()}
    name, text = f"of run {source}", settings.to_json()
    if of is not None:
        # A file may have another name when this goes on; what is chosen of it says which run it is.
        chosen = chosen_of(settings, of, source)
        text = json.dumps({**json.loads(text), "chosen": chosen}, sort_keys=True)
        name += " of another store"
    last = max((e.id for e in store.scores(source)), default=0) if whole and of is None else 0
    run = going_on(store, KIND, text, resume=resume, name=name, horizon=last)
    run = run or store.begin_run(KIND, name, text, settings.seed)
    listener = listener or Listener()
    listener.began(run)
    with contextlib.nullcontext() if run.id in before else store.undone_if_empty(run.id):
        # Of the run, what it had when this elimination began counts, also after an interruption.
        best = _best(settings, of or store, source, up_to=run.horizon if of is None else None)
        result = _play_all(settings, store, best, source, run, trainer, executor, progress, listener)
    listener.ended()
    store.finish_run(run.id, result.to_json())
    return store.run(run.id), result


def _best(settings: EliminationSettings, of: Store, source: int, *, up_to: int | None = None) -> HallOfFame:
    best = hall_of_fame(of, run=source, limit=settings.candidates, level=settings.level, up_to=up_to)
    if not best.entries:
        raise SearchError(f"run {source} of '{of.path}' has no optimizer with a fitness to begin with")
    return best


def chosen_of(settings: EliminationSettings, of: Store, source: int) -> str:
    """Return a digest of who competes of a run that has ended."""
    best = _best(settings, of, source)
    rows: Sequence[Any] = [best.task, *((e.evaluation.text, e.fitness) for e in best.entries)]
    return blake2b(json.dumps(rows).encode(), digest_size=12).hexdigest()


def _play_all(
    settings: EliminationSettings,
    store: Store,
    best: HallOfFame,
    source: int,
    run: Run,
    trainer: Trainer[Any],
    executor: Executor,
    progress: Progress,
    listener: Listener,
) -> Elimination:
    """Play all stages and return what came of them."""
    contestants = [Contestant(e.key, e.evaluation.text, e.evaluation.slot, e.fitness) for e in best.entries]
    rules = [entry.rule for entry in best.entries]
    trainings = Trainings(store, run.id, settings.seed, 1, trainer, executor)
    try:
        play(settings.stages, settings.training, rules, contestants, trainings, progress, listener)
    finally:
        trainings.close()
    return Elimination(source, best.task, tuple(sorted(contestants, key=lambda c: c.rank)))
