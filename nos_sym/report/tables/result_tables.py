"""Tables 11 to 13: results of optimizers on tasks, and the data sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nos_sym import catalog
from nos_sym.report.tables.results import Results, ResultsError, Task
from nos_sym.report.tables.table import Table
from nos_sym.report.tables.text import breaking_text, latex_text, shown_length

_GROUPS = ("discovered", "schedules", "adam_variants")
_MOST_TASKS = 25
_MOST_LISTED = 25
"""Seeds and versions that a note names."""

_WIDEST_HEAD = 1000
"""Columns and characters of their heads: the widest table that TeX can measure is 16,383 points wide."""

_DATA = (
    ("CIFAR-10", "50{,}000", "10{,}000", "10", r"$32 \times 32$"),
    ("CIFAR-100", "50{,}000", "10{,}000", "100", r"$32 \times 32$"),
    ("Cars196", "8{,}144", "8{,}041", "196", r"$482 \times 700$"),
    ("Flowers102", "2{,}040", "6{,}149", "102", r"$546 \times 624$"),
    ("Caltech101", "3{,}060", "6{,}084", "102", r"$386 \times 468$"),
    ("ImageNet", "1.28 M", "50{,}000", "1{,}000", r"$469 \times 387$"),
)
"""Name, images to train and to test, classes (of Caltech101 with its background), and mean size."""


def accuracies(results: Results, beside: Results | None = None) -> Table:
    """Return Table 11: the tasks on which higher is better.

    Args:
        results: what the table shows.
        beside: numbers of others on the same tasks, each in a column beside those of the results.

    Raises:
        ResultsError: the file has none.
    """
    return _results(results, True, "accuracies", 11, beside)


def perplexities(results: Results, beside: Results | None = None) -> Table:
    """Return Table 13: the tasks on which lower is better; arguments are those of :func:`accuracies`.

    Raises:
        ResultsError: the file has none.
    """
    return _results(results, False, "perplexities", 13, beside)


def datasets() -> Table:
    """Return Table 12: the data sets of the transfer experiments."""
    rows = [(latex_text(name), *rest) for name, *rest in _DATA]
    head = ("Data set", "Train", "Test", "Classes", "Size")
    return Table("data-sets", "Data sets.", "lrrrl", head, [rows], "Morgan and Hougen 2024, Table 12")


@dataclass(frozen=True, slots=True)
class _Column:
    """The column of a task in results; one beside that of others has the name of whose numbers it has."""

    task: Task
    results: Results
    name: str = ""

    def head(self) -> str:
        """Return the head of the column."""
        unit = f" [{latex_text(self.task.unit)}]" if self.task.unit else ""
        return self.name or latex_text(self.task.name) + unit

    def cell(self, optimizer: str) -> str:
        """Return the result of an optimizer."""
        score = self.results.scores.get((optimizer, self.task.name))
        if score is None:
            return "--"
        text = _number(score.mean)
        text += "" if score.deviation is None else rf" \pm {_number(score.deviation)}"
        is_best = not self.name and score.mean == _best(self.task, self.results)
        return rf"$\mathbf{{{text}}}$" if is_best else f"${text}$"


def _columns(results: Results, tasks: Sequence[Task], beside: Results | None) -> Iterator[_Column]:
    """Yield a column for each task, and one beside it where the others have numbers of the same task.

    A task is the same where name, metric, unit and what is better are: other numbers compare with nothing.
    """
    for task in tasks:
        yield _Column(task, results)
        other = None if beside is None else beside.tasks.get(task.name)
        alike = other is not None and (other.metric, other.unit, other.higher) == (
            task.metric,
            task.unit,
            task.higher,
        )
        if beside is not None and alike:
            yield _Column(task, beside, "paper")


def _results(results: Results, higher: bool, label: str, number: int, beside: Results | None) -> Table:
    tasks = [task for task in results.tasks.values() if task.higher is higher]
    if not tasks:
        which = "higher" if higher else "lower"
        raise ResultsError(f"no task of the results is better where it is {which}, as Table {number} needs")
    if len(tasks) > _MOST_TASKS or sum(shown_length(t.name + t.unit) for t in tasks) > _WIDEST_HEAD:
        raise ResultsError(
            f"Table {number} would be too wide for TeX; expected at most {_MOST_TASKS} tasks, with names of "
            f"{_WIDEST_HEAD} characters together"
        )
    columns = list(_columns(results, tasks, beside))
    groups = [
        [(_name(optimizer), *(column.cell(optimizer) for column in columns)) for optimizer in part]
        for part in _parts(results, tasks)
    ]
    metrics = list(dict.fromkeys(task.metric for task in tasks))
    caption = (
        f"{breaking_text(' and '.join(metrics).capitalize())}, {'higher' if higher else 'lower'} is better."
    )
    return Table(
        label,
        caption,
        "l" + "r" * len(columns),
        ("Optimizer", *(column.head() for column in columns)),
        groups,
        results.source,
        _notes(results, tasks, beside if len(columns) > len(tasks) else None),
    )


def _parts(results: Results, tasks: Sequence[Task]) -> Iterator[list[str]]:
    """Yield the optimizers in the groups of the catalog, those of none first."""
    measured = [o for o in results.optimizers if any((o, task.name) in results.scores for task in tasks)]
    groups = {o: catalog.group_of(o) if o in catalog.names() else "" for o in measured}
    first = [o for o in measured if groups[o] not in _GROUPS]
    for part in (first, *([o for o in measured if groups[o] == group] for group in _GROUPS)):
        if part:
            yield part


def _name(optimizer: str) -> str:
    """Return the name of an optimizer; one that is another without decays stands a little to the right."""
    known = optimizer in catalog.names() and "without" in catalog.entry(optimizer).source
    return (r"\quad " if known else "") + latex_text(optimizer)


def _number(value: float) -> str:
    """Return a number in two places; what rounds to zero has no sign."""
    return f"{round(value, 2) + 0.0:.2f}"


def _listed(texts: Sequence[str]) -> str:
    """Return texts with commas; of very many the first, since a note is no longer than a page."""
    more = len(texts) - _MOST_LISTED
    shown = ", ".join(map(breaking_text, texts[:_MOST_LISTED]))
    return shown + (f" and {more:,} more".replace(",", "{,}") if more > 0 else "")


def _best(task: Task, results: Results) -> float:
    means = [score.mean for (_, name), score in results.scores.items() if name == task.name]
    return max(means) if task.higher else min(means)


def _notes(results: Results, tasks: Sequence[Task], beside: Results | None) -> Iterator[str]:
    yield "Means, with deviations of the sample where they are known; the best mean of a column is bold."
    if results.seeds is not None:
        yield f"Seeds: {_listed([str(seed) for seed in results.seeds])}."
    if results.versions:
        yield f"Versions: {_listed([f'{k} {v}' for k, v in results.versions.items()])}."
    yield from _trained(tasks)
    if beside is not None:
        yield f"In the columns ``paper'': {breaking_text(beside.source)}."
        compared = [(task, beside.tasks[task.name]) for task in tasks if task.name in beside.tasks]
        # Numbers of other trainings are beside these for what they are.
        yield from _trained([of for task, of in compared if (of.model, of.steps) != (task.model, task.steps)])


def _trained(tasks: Sequence[Task]) -> Iterator[str]:
    """Yield what was trained for tasks, and how long."""
    alike: dict[str, list[str]] = {}
    for task in tasks:
        long = f"{task.steps:,} step{'s' * (task.steps > 1)}".replace(",", "{,}") if task.steps else ""
        steps = f", {long}" if long else ""
        alike.setdefault(breaking_text(task.model) + steps, []).append(breaking_text(task.name))
    for said, names in alike.items():
        yield f"{', '.join(names)}: {said}."
