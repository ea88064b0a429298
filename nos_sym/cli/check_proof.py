"""``nos-sym check-proof``: whether a text proves what it says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from nos_sym.cli import offers
from nos_sym.cli.failures import InputError
from nos_sym.cli.given import read_stdin
from nos_sym.cli.group import silence_stdout
from nos_sym.cli.output import labeled, write_json, write_stdout
from nos_sym.targets.files import read_text

ACCEPTED, REFUSED = 0, 1


@click.command(name="check-proof")
@click.argument("file", metavar="FILE", shell_complete=offers.files)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check_proof(file: str, as_json: bool) -> int:
    """Say whether FILE proves what it says, without the algebra.

    FILE is what 'nos-sym equal A B --proof FILE' wrote, or - for standard input. Each link is replayed by a
    checker that shares nothing with the algebra but the language; docs/proofs.md says what is trusted. Prints
    'accepted' and the claim, or 'refused', the line and why.

    Exit codes: 0 accepted, 1 refused, 2 the text is no proof or the output could not be written.

    \b
    Examples:
      nos-sym check-proof adam.proof
      nos-sym check-proof - < adam.proof
    """
    text = read_stdin() if file == "-" else read_text(Path(file))
    from nos_sym.proof.checker import check_proof as check
    from nos_sym.proof.errors import Refused

    try:
        checked = check(text)
    except Refused as refusal:
        record: dict[str, Any] = {"verdict": "refused", "line": refusal.line, "reason": refusal.message}
        code, lines = REFUSED, ["refused", str(refusal)]
    else:
        from nos_sym.language.printer import print_expression
        from nos_sym.proof.format import invariant_text, text_of

        proof = checked.proof
        record = {
            "verdict": "accepted",
            "level": proof.level,
            "first": text_of(proof.first),
            "second": text_of(proof.second),
            "links": checked.links,
            "cited": list(checked.cited),
            "invariants": [invariant_text(*value) for value in checked.invariants],
        }
        code, lines = ACCEPTED, ["accepted", *labeled("level", [proof.level])]
        for name, factor, rule in (
            ("A", proof.times_first, record["first"]),
            ("B", proof.times_second, record["second"]),
        ):
            times = "" if factor is None else f", times {print_expression(factor)}"
            record[f"times {name}"] = None if factor is None else print_expression(factor)
            lines += labeled(name, [rule + times])
        record["assumptions"] = [print_expression(t) for t in proof.almost]
        if proof.almost:
            lines += labeled("assumes", [f"{x} is not zero" for x in record["assumptions"]])
        if proof.steps:
            record["steps"] = proof.steps
            lines += labeled("but on", [f"at most {proof.steps} steps of a training, where a factor is zero"])
        lines += labeled("links", [str(checked.links)])
        if checked.invariants:
            lines += labeled("states", record["invariants"])
        lines += labeled("cites", [", ".join(checked.cited) or "nothing"])
    try:
        if as_json:
            write_json(record)
        else:
            write_stdout("\n".join(lines))
        sys.stdout.flush()
    except OSError as error:
        # Exit code 1 means refused, so a failure to write must not end in it.
        silence_stdout()
        raise InputError(f"cannot write: {error.strerror or error}") from None
    return code
