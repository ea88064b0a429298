"""What the paper says in words about its optimizers, computed from the numbers that it prints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nos_sym.report.tables.results import paper_results

FOUND = paper_results()
MEAN = {row: score.mean for row, score in FOUND.scores.items()}
DEVIATION = {row: score.deviation or 0.0 for row, score in FOUND.scores.items()}
HIGHER = {name: task.higher for name, task in FOUND.tasks.items()}

SCRATCH, TUNED, CIFAR = (
    ("CIFAR-10", "CIFAR-100", "Tiny"),
    ("Flowers", "Cars", "Caltech"),
    ("CIFAR-10", "CIFAR-100"),
)
IMAGES = SCRATCH + TUNED
STANDARD = ("Adam", "RMSProp", "SGD", "Nesterov")
VARIANTS = ("A1", "A2", "A3", "A4", "A5")
FOREMOST = ("Opt1", "Opt3", "Opt4", "Opt6", "Opt10", "A1", "A5")
STRONG = ("Opt4", "Opt5", "Opt6", "Opt7", "Opt8", "Opt10")


def lead(first: str, second: str, task: str) -> float:
    """By how much one is better than another."""
    apart = MEAN[first, task] - MEAN[second, task]
    return apart if HIGHER[task] else -apart


def better(first: str, second: str, *tasks: str) -> bool:
    return all(lead(first, second, task) > 0 for task in tasks)


def above_all(name: str, task: str) -> bool:
    return all(better(name, other, task) for other in STANDARD)


def place(name: str, task: str) -> int:
    """The number of different better values, and one."""
    others = {mean for (other, of), mean in MEAN.items() if of == task and better(other, name, task)}
    return 1 + len(others)


def among(names: tuple[str, ...], most: int, tasks: tuple[str, ...]) -> bool:
    return all(any(place(name, task) <= most for task in tasks) for name in names)


CLAIMS: dict[str, Callable[[], bool]] = {
    "Opt6 is among the three best on every task from scratch.": lambda: all(
        place("Opt6", task) <= 3 for task in SCRATCH
    ),
    "Opt61 is worse than Opt6 on every task from scratch.": lambda: better("Opt6", "Opt61", *SCRATCH),
    "Opt101 is better than Nesterov on every task from scratch.": lambda: better(
        "Opt101", "Nesterov", *SCRATCH
    ),
    "Opt1, Opt3, A1 and A5 are each among the three best on a fine-tuned task.": lambda: among(
        ("Opt1", "Opt3", "A1", "A5"), 3, TUNED
    ),
    "Opt1, Opt2 and Opt3 are better than QHM on CIFAR-10 and CIFAR-100.": lambda: all(
        better(name, "QHM", *CIFAR) for name in ("Opt1", "Opt2", "Opt3")
    ),
    "Each of A1 to A5 is among the eight best on a fine-tuned task.": lambda: among(VARIANTS, 8, TUNED),
    "A1 and A5 are better than Adam on every task but CIFAR-10.": lambda: all(
        better(name, "Adam", *(task for task in HIGHER if task != "CIFAR-10")) for name in ("A1", "A5")
    ),
    "Opt4 to Opt8 and Opt10 are better than every standard optimizer on CIFAR-10 and CIFAR-100.": lambda: all(
        above_all(name, task) for name in STRONG for task in CIFAR
    ),
    "Nesterov and Opt101 are the two best on PTB, and less than one deviation apart.": lambda: (
        {place("Nesterov", "PTB"), place("Opt101", "PTB")} == {1, 2}
        and abs(lead("Nesterov", "Opt101", "PTB")) < DEVIATION["Opt101", "PTB"]
    ),
    "Opt101 is better than Opt10 on PTB, by more than ten deviations.": lambda: (
        lead("Opt101", "Opt10", "PTB") > 10 * max(DEVIATION["Opt101", "PTB"], DEVIATION["Opt10", "PTB"])
    ),
    "Opt10 is better than Opt101 on CIFAR-10 and CIFAR-100.": lambda: better("Opt10", "Opt101", *CIFAR),
    "Each of A1 to A5 is better than Adam on PTB.": lambda: all(
        better(name, "Adam", "PTB") for name in VARIANTS
    ),
    "LR5, LR6 and LR7 on Adam are better than each of A1 to A5 on PTB.": lambda: all(
        better(schedule, name, "PTB") for schedule in ("LR5", "LR6", "LR7") for name in VARIANTS
    ),
    "Opt1, Opt2 and Opt3 are better than QHM on PTB.": lambda: all(
        better(name, "QHM", "PTB") for name in ("Opt1", "Opt2", "Opt3")
    ),
    "Opt4 to Opt8 and Opt10 are better than every standard optimizer on every task from scratch.": lambda: (
        all(above_all(name, task) for name in STRONG for task in SCRATCH)
    ),
    "LR2 on Adam is better than Adam on every task from scratch.": lambda: better("LR2", "Adam", *SCRATCH),
    "Opt1, Opt3, Opt4, Opt6, Opt10, A1 and A5 are each better than every standard optimizer on most tasks of "
    "images.": lambda: all(sum(above_all(name, task) for task in IMAGES) > 3 for name in FOREMOST),
    "Opt1, Opt3, Opt4, Opt6, Opt10, A1 and A5 are each better than every standard optimizer on a task from "
    "scratch and on a fine-tuned one.": lambda: all(
        any(above_all(name, task) for task in tasks) for name in FOREMOST for tasks in (SCRATCH, TUNED)
    ),
    "Opt1, Opt3, Opt4, Opt6, Opt10, A1 and A5 are each better than Adam on every task of images.": lambda: (
        all(better(name, "Adam", *IMAGES) for name in FOREMOST)
    ),
    "Opt10 is better than Opt101 on every task of images, as its decay was found on images.": lambda: better(
        "Opt10", "Opt101", *IMAGES
    ),
}


def documented(repository: Path) -> dict[str, bool]:
    """The claims of the page, each with whether it stands among those that follow."""
    found, follows = {}, False
    for line in (repository / "docs" / "claims.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            follows = line == "## Claims that follow"
        if line.startswith(("| Section", "| Appendix")):
            found[line.split(" | ")[1].removesuffix(" |")] = follows
    return found


def test_the_page_lists_every_claim(repository: Path) -> None:
    assert set(documented(repository)) == set(CLAIMS)


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_follows_or_not_as_the_page_says(claim: str, repository: Path) -> None:
    assert CLAIMS[claim]() is documented(repository)[claim]


def test_what_the_page_says_of_those_that_do_not_follow() -> None:
    assert [name for name in STRONG if above_all(name, "Tiny")] == ["Opt6"]
    assert all(better("Nesterov", name, "Tiny") for name in STRONG if name != "Opt6")
    assert better("LR2", "Adam", *CIFAR) and 4 < lead("Adam", "LR2", "Tiny") < 5
    counts = {name: sum(above_all(name, task) for task in IMAGES) for name in FOREMOST}
    assert counts == {"Opt1": 2, "Opt3": 3, "Opt4": 2, "Opt6": 3, "Opt10": 2, "A1": 0, "A5": 2}
    on_both = [n for n in FOREMOST if all(any(above_all(n, t) for t in ts) for ts in (SCRATCH, TUNED))]
    assert on_both == ["Opt1", "Opt3", "A5"]
    behind = {name: {task for task in IMAGES if not better(name, "Adam", task)} for name in FOREMOST}
    assert all(behind[name] == {"CIFAR-10"} for name in ("Opt1", "Opt3", "A1", "A5"))
    assert all(behind[name] == {"Flowers", "Cars"} for name in ("Opt4", "Opt6", "Opt10"))
    assert all(better("Opt101", "Opt10", task) for task in IMAGES if task not in CIFAR)


def test_ties_that_decide() -> None:
    before = [other for other, task in MEAN if task == "Caltech" and better(other, "Opt1", task)]
    assert sorted(before) == ["Opt4", "PowerSign", "SGD"] and place("Opt1", "Caltech") == 3
    assert MEAN["Opt4", "Caltech"] == MEAN["PowerSign", "Caltech"]
    assert all(place("Opt1", task) > 3 for task in ("Flowers", "Cars"))
    assert MEAN["A1", "Flowers"] == MEAN["QHM", "Flowers"] and place("A1", "Flowers") == 3
