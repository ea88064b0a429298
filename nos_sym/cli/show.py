"""``nos-sym show``: everything about one rule."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nos_sym.cli import offers
from nos_sym.cli.choices import PICTURES
from nos_sym.cli.failures import InputError
from nos_sym.cli.output import STDOUT, write_bytes, write_json, write_source, write_stdout
from nos_sym.cli.target import TargetType, read_any
from nos_sym.cli.values import set_option, with_values
from nos_sym.targets.finding import face_of

if TYPE_CHECKING:
    from nos_sym.faces import Face
    from nos_sym.language.block import Block
    from nos_sym.language.rule import Rule, Schedule


@click.command()
@click.argument("target", type=TargetType())
@set_option
@click.option(
    "--rule", metavar="NAME", shell_complete=offers.rules, help="The rule to take from a file with several."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--graph",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a picture of the graph that a search would begin with; a name that ends in .svg, .pdf or "
    ".png, or - for SVG on standard output.",
)
@click.option("--active", is_flag=True, help="Of --graph: leave out the nodes that do nothing.")
def show(
    target: str, rule: str | None, values: tuple[str, ...], as_json: bool, graph: Path | None, active: bool
) -> None:
    """Show a rule: its text, equation, state per parameter, key, and where it comes from.

    Optimizers with the same key are proved to be the same; a key says nothing to one with another number
    before its colon.

    Of an entry of the catalog it says, too, which optimizers of libraries it is, and which other entries were
    proved equal, for all settings of the same names or at the defaults.

    TARGET is a name of the catalog or of a library, a rule as text, a file, FILE:NAME, or - for standard
    input.

    Exit codes: 0 done, 1 the output could not be written, 2 bad input.

    \b
    Examples:
      nos-sym show Opt4
      nos-sym show 'nesterov ~ g * exp(arctan(s_hat))'
      nos-sym show torch.optim.AdamW
      nos-sym show Opt9 --json
      nos-sym show AdamW --set weight_decay=0
      nos-sym show Opt4 --graph opt4.svg
      nos-sym show Opt4 --graph opt4.pdf --active
    """
    if active and graph is None:
        raise InputError("'--active' says what '--graph FILE' leaves out; give that, too")
    if graph is not None:
        _expect_picture(graph)
        if as_json and str(graph) == STDOUT:
            raise InputError("'--graph -' and '--json' both go to standard output; leave one of them out")
    found = with_values(read_any(target, rule), values)
    record = _describe(found, face_of(target) if rule is None else None)
    if graph is not None:
        _write_graph(found, graph, active)
        if str(graph) == STDOUT:
            return
    if as_json:
        write_json(record)
        return
    blocks = [
        ("name", [record["name"]]),
        ("rule", [record["rule"]]),
        ("equation", record["equation"]),
        ("settings", [_setting_line(row) for row in record["settings"]]),
        ("state", [slot["recursion"] for slot in record["state"]] or ["none"]),
        ("steps", ["needs total_steps" if record["needs_total_steps"] else "does not need total_steps"]),
        ("key", [record["key"] or ""]),
        ("entry", [record["entry"] if record["entry"] != record["name"] else ""]),
        ("libraries", record["libraries"]),
        ("equal", [_equal_line(row) for row in record["equal"]]),
        ("source", [record["source"]]),
        ("note", [record["note"]]),
    ]
    if record["kind"] == "schedule":
        blocks = [block for block in blocks if block[0] != "state"]
    write_stdout(
        "\n".join(
            f"{label if i == 0 else '':<9} {line}"
            for label, lines in blocks
            for i, line in enumerate(lines)
            if line
        )
    )


def _expect_picture(path: Path) -> None:
    """Refuse a name of another type of picture; a pipe, a device and standard output have none.

    Raises:
        InputError: the name does not end in one of those that are drawn.
    """
    with contextlib.suppress(OSError, ValueError):
        if path.exists() and not path.is_file() and not path.is_dir():
            return
    if path.suffix.lower()[1:] not in PICTURES and str(path) != STDOUT:
        raise InputError(
            f"'--graph {path}': a graph is drawn as {', '.join(PICTURES)}; expected a name that ends so"
        )


def _write_graph(rule: Rule | Block | Schedule, path: Path, active: bool) -> None:
    """Write the picture of a rule as a genome, with more hidden nodes than usual where it needs them."""
    from nos_sym.genome.encode import encode, with_room
    from nos_sym.genome.picture import draw, tree
    from nos_sym.genome.settings import DEFAULT
    from nos_sym.language.rule import Rule

    if not isinstance(rule, Rule):
        raise InputError("'--graph' draws the graph of a rule of one line; a block or a schedule has none")
    genome = encode(rule, with_room(DEFAULT, rule))
    kind = path.suffix.lower()[1:]
    if kind not in PICTURES or kind == "svg":
        write_source(draw(genome, rule.name, active=active), path)
        return
    from nos_sym.report.figures.graphs import picture

    write_bytes(picture(tree(genome, rule.name, active=active), kind), path)


def _setting_line(row: dict[str, str]) -> str:
    return f"{row['name']} = {row['default']} in {row['domain']}"


def _equal_line(row: dict[str, Any]) -> str:
    called = f" ({', '.join(row['libraries'])})" if row["libraries"] else ""
    return f"{row['entry']} {row['holds']}{called}"


def _entry_of(rule: Rule | Block | Schedule, face: Face | None) -> str | None:
    """Return the entry of the catalog that a rule is, by its own name or by that of a library."""
    from nos_sym import catalog
    from nos_sym.faces import rule_of_face

    if face is not None:
        return face.entry if rule == rule_of_face(face) else None
    return rule.name if rule.name in catalog.names() and catalog.entry(rule.name) == rule else None


def _relations(entry: str, face: Face | None) -> list[dict[str, Any]]:
    """Return what an entry is equal to; at the defaults of a face where those are the entry's own."""
    from nos_sym import catalog
    from nos_sym.faces import faces_of_entry, relations_of
    from nos_sym.faces.relations import FOR_ALL_SETTINGS
    from nos_sym.language.setting import setting_default, setting_name

    own = {setting_name(n): float(setting_default(n)) for n in catalog.entry(entry).settings}
    usual = face is None or own == own | face.defaults
    return [
        {
            "entry": relation.second,
            "holds": relation.holds,
            "libraries": [str(other) for other in faces_of_entry(relation.second)],
        }
        for relation in relations_of(entry)
        if usual or relation.holds == FOR_ALL_SETTINGS
    ]


def _libraries(entry: str) -> list[str]:
    from nos_sym.codegen.schedule_faces import calls_of_schedule
    from nos_sym.faces import faces_of_entry

    return [*(str(face) for face in faces_of_entry(entry)), *calls_of_schedule(entry)]


def _describe(rule: Rule | Block | Schedule, face: Face | None) -> dict[str, Any]:
    from nos_sym import catalog
    from nos_sym.codegen.equation import equation
    from nos_sym.language.json_form import setting_record
    from nos_sym.language.printer import print_bare
    from nos_sym.language.rule import Schedule
    from nos_sym.program.lower import lower

    program = lower(rule)
    state = [{"name": slot.name, "recursion": slot.description} for slot in program.slots]
    key = None
    if not isinstance(rule, Schedule):
        from nos_sym.algebra.canonical import key_of

        key = key_of(rule)
    entry = _entry_of(rule, face)
    return {
        "name": rule.name,
        "kind": "schedule" if isinstance(rule, Schedule) else "optimizer",
        "rule": print_bare(rule),
        "equation": equation(rule, program),
        "settings": [setting_record(node) for node in rule.settings],
        "state": state,
        "needs_total_steps": program.needs_total_steps,
        "key": key,
        "source": rule.source,
        "note": catalog.note_on(entry) if entry else "",
        "entry": entry,
        "libraries": _libraries(entry) if entry else [],
        "equal": _relations(entry, face) if entry else [],
    }
