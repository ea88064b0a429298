"""``nos-sym answers``: what a search answered and did not train, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nos_sym.cli import offered_runs
from nos_sym.cli.output import write_json, write_stdout
from nos_sym.cli.proofs import with_proof

if TYPE_CHECKING:
    from nos_sym.search.reports.answers import Answer

_LABEL = 10


@click.command()
@click.argument("store_file", metavar="STORE", type=click.Path(path_type=Path))
@click.option(
    "--run",
    "run",
    type=int,
    metavar="NUMBER",
    shell_complete=offered_runs.runs,
    help="Only this run; 'nos-sym runs' lists them.",
)
@click.option(
    "--prove",
    is_flag=True,
    help="Also look for a proof of each that the checker replays, two seconds at most for a pair.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def answers(store_file: Path, run: int | None, prove: bool, as_json: bool) -> None:
    """List every evaluation that a search answered and did not train, with its level and why.

    The level is the finest at which both are the same: text, exact, sign, scale or schedule, each proved;
    float32, which is a measurement; or unknown, where this version shows no equality. It is found anew from
    the texts. What its particle had is 'redrawn', what the archive knew 'answered'. JSON is a list of objects
    with run, slot, draw, kind, text, original, of_run, of_slot, fitness, proved and reason (level, almost,
    by, assumes, zeros), and with --prove proof, as 'nos-sym equal --json' has it.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym answers run.db
      nos-sym answers run.db --run 1 --json
      nos-sym answers run.db --prove
    """
    from nos_sym.search.reports.answers import answers_of
    from nos_sym.search.store.store import Store

    with Store.read(store_file) as store:
        runs = store.runs() if run is None else [store.run(run)]
        found = [answer for each in runs for answer in answers_of(store, each)]
    proofs: dict[tuple[str, str], dict[str, Any]] = {}
    if prove:
        for answer in found:
            pair = (answer.text, answer.original)
            if pair not in proofs:
                proofs[pair] = _proof(answer)
    records = [answer.to_json() for answer in found]
    for answer, record in zip(found, records, strict=True):
        if prove:
            record["proof"] = proofs[answer.text, answer.original]
    if as_json:
        write_json(records)
    else:
        write_stdout("\n".join(_lines(found, records)) or "nothing was answered: all candidates were trained")


def _proof(answer: Answer) -> dict[str, Any]:
    """Return what a search for a proof came to; the same text needs none, and a measurement has none."""
    from nos_sym.algebra.levels import Level
    from nos_sym.language.parser import parse_rule
    from nos_sym.search.reports.answers import TEXT

    reason = answer.reason
    if reason.level == TEXT:
        return {"checked": True, "citations": [], "reason": "the same text"}
    if not reason.is_proved:
        return {"checked": False, "reason": "not proved"}
    record = {"verdict": "equal", "assumptions": list(reason.assumes)}
    a, b = parse_rule(answer.text), parse_rule(answer.original)
    proof: dict[str, Any] = with_proof(a, b, Level(reason.level), None, record)["proof"]
    return proof


def _lines(found: list[Answer], records: list[dict[str, Any]]) -> list[str]:
    from collections import Counter

    from nos_sym.search.reports.shown import shown_text

    lines = []
    for answer, record in zip(found, records, strict=True):
        reason = answer.reason
        of = f"run {answer.of_run}, {answer.of_slot}" if answer.of_slot else "where its particle started"
        level = f"{reason.level}, almost everywhere" if reason.almost else reason.level
        lines.append(f"run {answer.run}, {answer.slot}  {answer.kind} by {of}  {level}")
        rows = [("rule", shown_text(answer.text))]
        if answer.original and answer.original != answer.text:
            rows.append(("is", shown_text(answer.original)))
        rows.append(("why", str(reason)))
        if "proof" in record:
            proof = record["proof"]
            said = "checked" if proof["checked"] else f"not checked: {proof['reason']}"
            rows.append(("proof", said))
        lines += [f"{'':6}{label:<{_LABEL}}{text}" for label, text in rows]
    counts = Counter(answer.reason.level for answer in found)
    if found:
        told = ", ".join(f"{count} {level}" for level, count in counts.most_common())
        proved = sum(answer.reason.is_proved for answer in found)
        lines.append(f"{len(found)} answers, {proved} of them proved: {told}")
    return lines
