"""Tables 11 to 13: results of optimizers on tasks, and the data sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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


def accuracies(results: Results) -> Table:
    """Return Table 11: the tasks on which higher is better.

    Raises:
        ResultsError: the file has none.
    """
    return _results(results, True, "accuracies", 11)


def perplexities(results: Results) -> Table:
    """Return Table 13: the tasks on which lower is better.

    Raises:
        ResultsError: the file has none.
    """
    return _results(results, False, "perplexities", 13)


def datasets() -> Table:
    """Return Table 12: the data sets of the transfer experiments."""
    rows = [(latex_text(name), *rest) for name, *rest in _DATA]
    head = ("Data set", "Train", "Test", "Classes", "Size")
    return Table("data-sets", "Data sets.", "lrrrl", head, [rows], "Morgan and Hougen 2024, Table 12")


def _results(results: Results, higher: bool, label: str, number: int) -> Table:
    tasks = [task for task in results.tasks.values() if task.higher is higher]
    if not tasks:
        which = "higher" if higher else "lower"
        raise ResultsError(f"no task of the results is better where it is {which}, as Table {number} needs")
    if len(tasks) > _MOST_TASKS or sum(shown_length(t.name + t.unit) for t in tasks) > _WIDEST_HEAD:
        raise ResultsError(
            f"Table {number} would be too wide for TeX; expected at most {_MOST_TASKS} tasks, with names of "
            f"{_WIDEST_HEAD} characters together"
        )
    groups = [
        [(_name(optimizer), *_cells(optimizer, tasks, results)) for optimizer in part]
        for part in _parts(results, tasks)
    ]
    names = [latex_text(task.name) + (f" [{latex_text(task.unit)}]" if task.unit else "") for task in tasks]
    metrics = list(dict.fromkeys(task.metric for task in tasks))
    caption = (
        f"{breaking_text(' and '.join(metrics).capitalize())}, {'higher' if higher else 'lower'} is better."
    )
    return Table(
        label,
        caption,
        "l" + "r" * len(tasks),
        ("Optimizer", *names),
        groups,
        results.source,
        _notes(results, tasks),
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


def _cells(optimizer: str, tasks: Sequence[Task], results: Results) -> Iterator[str]:
    for task in tasks:
        score = results.scores.get((optimizer, task.name))
        if score is None:
            yield "--"
            continue
        text = _number(score.mean)
        text += "" if score.deviation is None else rf" \pm {_number(score.deviation)}"
        yield rf"$\mathbf{{{text}}}$" if score.mean == _best(task, results) else f"${text}$"


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


def _notes(results: Results, tasks: Sequence[Task]) -> Iterator[str]:
    yield "Means, with deviations of the sample where they are known; the best mean of a column is bold."
    if results.seeds is not None:
        yield f"Seeds: {_listed([str(seed) for seed in results.seeds])}."
    if results.versions:
        yield f"Versions: {_listed([f'{k} {v}' for k, v in results.versions.items()])}."
    alike: dict[str, list[str]] = {}
    for task in tasks:
        steps = f", {task.steps:,} steps".replace(",", "{,}").replace("{,}", ",", 1) if task.steps else ""
        alike.setdefault(breaking_text(task.model) + steps, []).append(breaking_text(task.name))
    for said, names in alike.items():
        yield f"{', '.join(names)}: {said}."
