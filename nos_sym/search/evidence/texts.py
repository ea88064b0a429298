"""Evidence as text: the lines that commands print of confirmed optimizers, references and comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nos_sym.search.evidence.claims import Claim, Evidence, OnHidden, ReferenceRow
from nos_sym.search.evidence.repeats import Repeated
from nos_sym.search.evidence.statistics import LEVEL
from nos_sym.search.reports.shown import shown_text
from nos_sym.search.scores import score_text


def evidence_lines(evidence: Evidence | None) -> list[str]:
    """Return what a search prints of its evidence; nothing where there is none."""
    if evidence is None:
        return []
    lines = [f"confirmed    {_how(evidence)}"]
    for c in evidence.confirmed:
        shrinkage = (
            ""
            if c.shrinkage is None
            else f", first {score_text(c.first)}, shrinkage {score_text(c.shrinkage, sign=True)}"
        )
        lines.append(f"  {c.rank:>3}  {spread(c.trained)}{shrinkage}  {shown_text(c.trained.text)}")
    lines += _compared_lines(evidence)
    if evidence.note:
        lines.append(f"seeds        {evidence.note}")
    for hidden in evidence.hidden:
        lines.append(f"hidden       {hidden.task}: {_how(hidden)}")
        lines += [
            f"  {c.rank:>3}  {spread(c.trained)}  {shown_text(c.trained.text)}" for c in hidden.confirmed
        ]
        lines += _compared_lines(hidden)
    return lines


def _how(found: Evidence | OnHidden) -> str:
    """Return how often optimizers were trained again, and what scored them."""
    repeats = max(len(c.trained.scores) for c in found.confirmed)
    part = "the test part, which no search sees" if found.on_test else "the search's own split"
    return f"{_trainings(repeats)} of each, fresh seeds, scored on {part}"


def _compared_lines(found: Evidence | OnHidden) -> list[str]:
    lines = [f"reference    {spread(row.trained)}  {row.label}" for row in found.references]
    for row in found.references:
        lines += _claim_lines(row, [c for c in found.claims if _is_of(c, row)])
    return lines


def spread(trained: Repeated) -> str:
    """Return mean and interval of trainings, as in ``0.9012 (0.8910 to 0.9114)``, and how many failed."""
    interval = trained.interval
    failed = trained.failed
    if interval is None:
        return f"no mean, {failed} of {len(trained.scores)} without a fitness"
    text = score_text(interval.mean)
    if interval.low is not None and interval.high is not None:
        text += f" ({score_text(interval.low)} to {score_text(interval.high)})"
    if failed:
        text += f", {failed} of {len(trained.scores)} without a fitness count as {trained.chance:g}"
    return text


def _trainings(count: int) -> str:
    return f"{count} training{'' if count == 1 else 's'}"


def _is_of(claim: Claim, row: ReferenceRow) -> bool:
    return (claim.reference, claim.kind) == (row.trained.name, row.kind)


def _claim_lines(row: ReferenceRow, claims: Sequence[Claim]) -> list[str]:
    """Return which optimizers are better than a reference, and that it is not shown of others."""
    if row.trained.undecided:
        many = f"{row.trained.undecided} of {len(row.trained.scores)}"
        return [
            f"test         nothing can be compared with {row.label}: {many} trainings failed, by an "
            "exception, a worker that died or the limit, which says nothing of it"
        ]
    if not claims:
        return [f"test         nothing can be compared with {row.label}: trainings without a fitness"]
    better = [c for c in claims if c.holds]
    if not better:
        least = min(c.adjusted for c in claims)
        return [f"test         none is shown to be better than {row.label}, p >= {least:.2g}"]
    worst = max(c.adjusted for c in better)
    return [
        f"test         better than {row.label}: {_ranks(c.rank for c in better)} of {len(claims)}, "
        f"p <= {worst:.2g} (paired over seeds, corrected for {len(claims)}, at {LEVEL:.0%})"
    ]


def _ranks(ranks: Iterable[int]) -> str:
    return ", ".join(f"number {rank}" for rank in sorted(ranks))
