"""The atlas as one page of HTML that needs no other file and loads nothing."""

from __future__ import annotations

import base64
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from nos_sym.atlas.atlas import Atlas
from nos_sym.atlas.entry import Entry
from nos_sym.errors import escaped
from nos_sym.report.sheet.content_policy import content_policy


def page_of(atlas: Atlas, picture: bytes | None = None) -> str:
    """Return an atlas as a page.

    Args:
        atlas: what is shown.
        picture: its families as SVG; left out where there is none.
    """
    style, script = _text("atlas.css"), _text("atlas.js")
    versions = {name: version for name, version in atlas.versions.items() if name != "nos-sym"}
    names = [*versions]
    steps = max((entry.steps or 0 for entry in atlas.entries), default=0)
    text: str = _template().render(
        policy=content_policy(style, script),
        style=Markup(style),  # noqa: S704 - a file of this package
        script=Markup(script),  # noqa: S704 - a file of this package
        counts=atlas.counts(),
        names=names,
        libraries=", ".join(f"{name} {version}" for name, version in versions.items()),
        steps=steps,
        entries=[_shown(entry) for entry in atlas.entries],
        picture="" if picture is None else base64.b64encode(picture).decode(),
        versions=atlas.versions,
    )
    return text


def _shown(entry: Entry) -> dict[str, Any]:
    words = " ".join((entry.name, entry.status, entry.rule, entry.reason, *entry.same)).lower()
    made = ", ".join(f"{name}={value!r}" for name, value in entry.arguments.items())
    return asdict(entry) | {"text": escaped(words), "lines": lines_of(entry.rule), "made": escaped(made)}


def lines_of(rule: str) -> str:
    """Return the text of a rule with a line for each statement; the rule reads the same."""
    found, depth, line = [], 0, ""
    for character in rule:
        depth += (character in "{([") - (character in "})]")
        line += character
        if (character == ";" and depth == 1) or (character == "{" and depth == 1):
            found.append(line.removesuffix(";").strip())
            line = ""
    if not found:
        return rule
    body = line.strip()
    closed = body.endswith("}")
    inner = [*found[1:], body.removesuffix("}").strip()]
    return "\n".join([found[0], *(f"    {each}" for each in inner if each), *(["}"] if closed else [])])


def short(value: float) -> str:
    """Return a small number in few characters."""
    return f"{value:.2g}"


def number(value: float | None) -> str:
    """Return a number of bytes."""
    return "?" if value is None else f"{value:g}"


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("nos_sym.atlas"), undefined=StrictUndefined, autoescape=True, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"short": short, "number": number}
    return environment.get_template("atlas.html.jinja")


def _text(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8").strip("\n")
