"""``nos-sym render``: a rule to a source file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nos_sym.cache.remembered import is_name, remembered
from nos_sym.cli import offers
from nos_sym.cli.backend_choice import BackendChoice
from nos_sym.cli.choices import CASTS
from nos_sym.cli.failures import InputError
from nos_sym.cli.output import write_note, write_source
from nos_sym.cli.runtime_folder import Place, place_of, write_together
from nos_sym.cli.target import TargetType, one_liner, read_any
from nos_sym.cli.values import set_option, with_values
from nos_sym.errors import quoted

if TYPE_CHECKING:
    from nos_sym.faces import Face
    from nos_sym.language.block import Block
    from nos_sym.language.rule import Rule, Schedule


@click.command()
@click.argument("target", type=TargetType())
@click.option(
    "--backend",
    "-b",
    type=BackendChoice(),
    help="What to render to; torch, or the backend of the library that TARGET names.",
)
@click.option(
    "--name", "-n", metavar="NAME", help="Name of the class; by default that of the rule, else MyOptimizer."
)
@click.option(
    "--minimal", is_flag=True, help="The plain version of a rule, tensor by tensor (torch); it has no face."
)
@click.option(
    "--cast",
    type=click.Choice(CASTS),
    help="Type of the matrices that orth and newton_schulz multiply; by default that of the weights.",
)
@click.option(
    "--no-fused",
    "fused",
    flag_value=False,
    default=True,
    help="Leave out the compiled step, so that the file is short (torch).",
)
@click.option(
    "--with-runtime",
    is_flag=True,
    help="A short file, and beside it a runtime that optimizers in a folder share (torch).",
)
@click.option(
    "--low-precision",
    is_flag=True,
    help="Options for states in bfloat16 and for compensated or stochastically rounded weights (torch).",
)
@click.option(
    "--factor", "factored", is_flag=True, help="Core optimizer and learning-rate schedule, separate."
)
@click.option(
    "--times",
    metavar="SCHEDULE",
    multiple=True,
    shell_complete=offers.schedules,
    help="A schedule to multiply a schedule with, given as TARGET is; may be repeated.",
)
@set_option
@click.option(
    "--rule", metavar="NAME", shell_complete=offers.rules, help="The rule to take from a file with several."
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write there, whole or not at all; with --with-runtime also a folder.",
)
def render(
    target: str,
    backend: str | None,
    name: str | None,
    minimal: bool,
    cast: str | None,
    fused: bool,
    with_runtime: bool,
    low_precision: bool,
    factored: bool,
    times: tuple[str, ...],
    rule: str | None,
    values: tuple[str, ...],
    output: Path | None,
) -> None:
    """Render a rule to a source file that imports its framework and the standard library alone.

    TARGET is a name of the catalog, a rule as text, a file, FILE:NAME, or - for standard input. It may also
    be an optimizer of a library, with flags if any: the file then has the library's arguments, defaults and
    states, and replaces it by another import.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym render Opt4 --backend torch > opt4.py
      nos-sym render 'none ~ tanh(v_hat)' --backend tensorflow --name TanhMomentum
      nos-sym render 'None ~ tanh(v hat)' --backend torch --name TanhMomentum
      nos-sym render my_rules.nos:Fast --backend torch -o fast.py
      nos-sym render Opt4 --with-runtime -o optimizers/
      nos-sym render torch.optim.AdamW > adamw.py
      nos-sym render 'optax.adam(nesterov=True)' > nadam.py
      nos-sym render torch.optim.Muon --cast bfloat16 > muon.py
      nos-sym render Opt6 --factor > opt6_core_and_schedule.py
      nos-sym render LR1 --times WarmupCosine --set warmup_steps=500 > lr1_warmup_cosine.py
    """
    place = None
    if with_runtime:
        alone = {"--minimal": minimal, "--factor": factored, "--low-precision": low_precision}
        for other in (option for option, is_given in alone.items() if is_given):
            raise InputError(f"'{other}' renders one file alone; leave it or '--with-runtime' out")
        place = place_of(output)

    def source() -> str:
        return _source(
            target, backend, name, minimal, cast, fused, place, low_precision, factored, times, rule, values
        )

    if rule is None and all(map(is_name, (target, *times))):
        given = (
            "render",
            target,
            backend,
            name,
            minimal,
            cast,
            fused,
            place and place[1:],
            low_precision,
            factored,
            times,
            values,
        )
        text = remembered(given, source)
    else:
        text = source()
    if place is None:
        write_source(text, output)
    else:
        write_together(json.loads(text), place)


def _source(
    target: str,
    backend: str | None,
    name: str | None,
    minimal: bool,
    cast: str | None,
    fused: bool,
    place: Place | None,
    low_precision: bool,
    factored: bool,
    times: tuple[str, ...],
    rule: str | None,
    values: tuple[str, ...],
) -> str:
    """Return the text of the file, or where there is a place the texts of several as JSON, by name."""
    from nos_sym.targets.finding import face_of

    face = face_of(target) if rule is None else None
    chosen = with_values(_product(read_any(target, rule), times), values)
    backend = backend or ("torch" if face is None else face.backend)
    if not chosen.name and name is None and backend != "latex":
        from nos_sym.codegen.render import default_name

        write_note(
            f"the rule has no name; its class is {default_name(chosen)}, and '--name NAME' gives another"
        )
    if factored and low_precision:
        raise InputError("--factor has no options for low precision; leave one of them out")
    if factored:
        from nos_sym.codegen.factored import render_factored

        return render_factored(one_liner(chosen), backend, name=name, minimal=minimal, cast=cast)
    replaced = _replaced(face, backend, minimal)
    if face is not None and minimal:
        says = f"a minimal file has the rule's own arguments and state dicts, not those of {face}"
        click.echo(f"note: {says}; leave out --minimal for these", err=True)
    if place is not None:
        from nos_sym.codegen.with_runtime import render_with_runtime

        files = render_with_runtime(
            chosen, backend, module=place.module, package=place.package, name=name, face=replaced, cast=cast,
            fused=fused,
        )  # fmt: skip
        return json.dumps(files)
    from nos_sym.codegen.render import render as render_rule

    return render_rule(
        chosen,
        backend,
        name=name,
        minimal=minimal,
        face=replaced,
        cast=cast,
        fused=fused,
        low_precision=low_precision,
    )


def _replaced(face: Face | None, backend: str, minimal: bool) -> Face | None:
    """Return the face that a file has; for another backend, or where it is minimal, the rule alone counts."""
    return face if face is not None and face.backend == backend and not minimal else None


def _product(first: Rule | Block | Schedule, others: tuple[str, ...]) -> Rule | Block | Schedule:
    """Return a schedule times others, and what it is where there are none."""
    from nos_sym.language.rule import Schedule

    product = first
    for target in others:
        other = read_any(target)
        if not (isinstance(product, Schedule) and isinstance(other, Schedule)):
            what = quoted(target, 60) if isinstance(product, Schedule) else "the first one"
            raise InputError(f"--times multiplies schedules, and {what} is an optimizer")
        product = product.times(other)
    return product
