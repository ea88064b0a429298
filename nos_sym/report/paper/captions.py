r"""Captions of the figures of the paper, LaTeX. The words are ours; the numbers are those of the paper."""

from __future__ import annotations

from nos_sym.report.paper.example import example

__all__ = ["OF_STORE", "caption"]

_BASE = (
    r"Each is multiplied by the base schedule and divided by its largest absolute value, over 96,000 steps; "
    r"dashed gray is the base schedule itself."
)
_SLICES = (
    r"One curve a step, over a training of 96,000 steps, each times the learning rate that leaves the rule "
    r"at that step, scaled to a peak of 1."
)

_CAPTIONS: dict[int, str] = {
    1: (
        r"An optimizer after random initialization: operands at the left, hidden nodes and the output to the "
        r"right; the box on a connection is the decay function that multiplies it, and what is gray and "
        r"dashed has no part in the update. It is drawn by nos-sym from the search space of the paper, with "
        r"seed~{seed}; the paper shows another genome, which is not known."
    ),
    2: (
        r"The decay function of the optimizer of Figure~1, a graph of its own over schedules of the "
        r"training."
    ),
    3: rf"Learning-rate schedules of Table~10: the first family. {_BASE}",
    4: rf"Learning-rate schedules of Table~10: the second family. {_BASE}",
    5: rf"Learning-rate schedules of Table~10: those of neither family. {_BASE}",
    6: (
        r"Decay functions that stay within Opt4, Opt7 and Opt10 when a schedule is factored out of each, "
        r"over the training."
    ),
    7: rf"The divisor of Opt4, a clipped exponential, against its input at eight steps. {_SLICES}",
    8: rf"The update of Opt7 against its quasi-hyperbolic average at eight steps. {_SLICES}",
    9: rf"The update of Opt10 against the gradient at eight steps. {_SLICES}",
    10: r"Opt1 without its quasi-hyperbolic average, as a function of the weight and an average of squares.",
    11: r"The same of Opt2, as a function of the weight and an average of squares.",
    12: r"The same of Opt3, as a function of the weight and an average of cubes.",
    13: (
        r"The update of Opt4 and of Opt5 without decay functions, as a function of the two averages of the "
        r"gradient that they read."
    ),
    14: (
        r"The update of Opt6 without decay functions, as a function of a quasi-hyperbolic average and the "
        r"weight."
    ),
    15: (r"The update of Opt7 without decay functions, as a function of the gradient and its average."),
}


def caption(number: int) -> str:
    """Return the caption of a figure of the paper, LaTeX."""
    return _CAPTIONS[number].replace("{seed}", str(example()[1]))


OF_STORE: dict[str, str] = {
    "fitness": (
        r"Points are trainings, and lines go through the optimizers that particles moved to; a particle has "
        r"a column of its own in each time-step. Below the axis are optimizers without a fitness, by how "
        r"their trainings ended, and those far below all others."
    ),
    "pareto": (
        r"Complexity counts the nodes of a rule without identities. No optimizer is both as small as one of "
        r"the front and better, or smaller and as good."
    ),
    "duplicates": (
        r"Left: a column for each optimizer, with its trainings. Right: which share of the pairs of "
        r"trainings differ by at most so much, for pairs of one optimizer and for any two."
    ),
}
"""What is added to the captions of the figures of a store, by their names."""
