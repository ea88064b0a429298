"""Reports and halls of fame as text: the lines that commands print of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from nos_sym.errors import one_line
from nos_sym.search.evidence.texts import evidence_lines
from nos_sym.search.reports.shown import shown_text
from nos_sym.search.reports.tally import duration
from nos_sym.search.scores import score_text
from nos_sym.search.tuning.texts import tuning_lines

if TYPE_CHECKING:
    from nos_sym.search.reports.hall_of_fame import HallOfFame
    from nos_sym.search.reports.report import Report, Saved

_CLASSES = 10
_ENDINGS = {"fitness": "with a fitness"}


def report_lines(report: Report, all_in: str = "'classes'") -> list[str]:
    """Return what a search drew, trained, saved and found; ``all_in`` has what is cut off."""

    def saved(part: Saved) -> str:
        noun = "evaluation" if part.count == 1 else "evaluations"
        return f"{part.count:>5} {noun}, {duration(part.seconds)}"

    trained = ", ".join(f"{count} {_ENDINGS.get(e, e)}" for e, count in report.endings.items()) or "none"
    lines = [
        f"drawn        {report.drawn} genomes, {report.degenerate} failed the integrity check",
        f"trained      {sum(report.trained.values())} evaluations ({trained}), {duration(report.seconds)}, "
        f"{report.distinct} optimizers",
        f"saved        {saved(report.saved)}",
        f"  within particles, drawn again            {saved(report.redrawn)}",
        f"  answered from this run                   {saved(report.answered)}",
        f"  answered from earlier runs               {saved(report.answered_earlier)}",
        f"  of these with the same text              {saved(report.same_text)}",
    ]
    for c in report.classes[:_CLASSES]:
        times = c.redrawn + c.answered
        lines.append(f"  {times:>5} x {duration(c.seconds):>9}  {shown_text(c.text)}")
        # Without identities, other words may be the same.
        others = [text for text in dict.fromkeys(map(shown_text, c.texts)) if text != shown_text(c.text)]
        lines += [f"  {'=':>19}  {text}" for text in others[:3]]
    if len(report.classes) > _CLASSES:
        lines.append(f"  and {len(report.classes) - _CLASSES} more; {all_in} has all")
    for found in report.rediscovered:
        fitness = "no fitness" if found.fitness is None else score_text(found.fitness)
        lines.append(f"rediscovered {found.name}  {fitness}  {shown_text(found.text)}")
    return lines + evidence_lines(report.evidence) + tuning_lines(report.tuning)


def hall_of_fame_lines(best: HallOfFame, records: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a task, its numbers, and records of the best optimizers on it."""
    if not best.task:
        return ["no optimizer has a fitness yet", *_without_fitness(best)]
    count = f"{best.optimizers} optimizers with a fitness, {best.evaluations} evaluations"
    if best.unreadable:
        count += f"; {best.unreadable} more have a rule that cannot be read"
    lines = [f"task   {best.task}", f"       {count}"]
    lines += _without_fitness(best) if best.failed else []
    lines += [f"other  {name}" for name in best.other_tasks]
    for record in records:
        lines += ["", *entry_lines(record)]
    return lines


def _without_fitness(best: HallOfFame) -> list[str]:
    """Return a line about evaluations without a fitness: how many failed, and the most frequent reason."""
    if best.reason is None:
        return []
    reason, count = best.reason
    failed = f"{best.failed} of {best.evaluations} evaluations failed, " if best.failed else ""
    return [f"       {failed}{count} of {best.evaluations} with: {one_line(reason)}"]


def entry_lines(record: Mapping[str, Any]) -> list[str]:
    """Return the record of one optimizer: rank, fitness and rule, and below them what else is known."""
    name = f"  ({record['catalog']})" if record["catalog"] else ""
    lines = [f"{record['rank']:>4}   {score_text(record['fitness'])}   {shown_text(record['rule'])}{name}"]
    rows = []
    if record["schedule"] != "1":
        core = shown_text(record["core"])
        core = core if record["constant"] == "1" else f"{record['constant']} times {core}"
        rows += [("schedule", record["schedule"]), ("core", core)]
    rows += [("key", record["key"]), ("size", f"{record['size']} nodes")]
    if record["evaluations"] > 1:
        rows.append(("mean", f"{score_text(record['mean'])} of {record['evaluations']} evaluations"))
    if record.get("scores"):
        shown = ", ".join(f"{task} {score_text(score)}" for task, score in record["scores"].items())
        rows.append(("scores", shown))
    if record["confirmed"] is not None:
        rows.append(("confirmed", _confirmed(record)))
    elif record["confirmed_failed"]:
        some = f"{record['confirmed_failed']} of {record['confirmed_repeats']}"
        rows.append(("confirmed", f"{some} new trainings have no fitness"))
    if record["tuned_from"] is not None:
        first = record["tuned_from_fitness"]
        told = "" if first is None else f"{score_text(first)}  "
        rows.append(("tuned", f"from {told}{shown_text(record['tuned_from'])}"))
    if "file" in record:
        rows.append(("file", record["file"]))
    return lines + [f"{'':>17}{label:<9} {text}" for label, text in rows]


def _confirmed(record: Mapping[str, Any]) -> str:
    """Return what the new trainings of an optimizer came to."""
    low, high, failed = record["confirmed_low"], record["confirmed_high"], record["confirmed_failed"]
    text = score_text(record["confirmed"])
    text += "" if low is None else f" ({score_text(low)} to {score_text(high)})"
    shrinkage = score_text(record["shrinkage"], sign=True)
    text += f", {record['confirmed_repeats']} new trainings, shrinkage {shrinkage}"
    return text + (f"; {failed} without a fitness count as chance" if failed else "")
