"""The data of a page as one file of HTML that needs nothing else: no network, no other file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from nos_sym.errors import escaped
from nos_sym.report.mathml.tree import OPERATORS
from nos_sym.report.page.record import Page, SavedGroup
from nos_sym.report.page.schedules import base_schedule
from nos_sym.report.sheet.content_policy import content_policy
from nos_sym.report.sheet.page import STYLE
from nos_sym.search.reports.tally import duration
from nos_sym.search.scores import score_text

SCRIPTS = ("build.js", "state.js", "table.js", "detail.js", "chart.js", "start.js")
"""The JavaScript of the page, in its order."""

GROUPS, MOST_GROUPS = 10, 1000
"""Classes of duplicates that are shown at once, and that are in the page at all."""

_UNSAFE = re.compile("[<>&\u2028\u2029\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")


def page_of(page: Page) -> str:
    """Return a page as a file of HTML."""
    style = _text("page.css") + STYLE
    script = "".join(["(() => {\n'use strict';\n", _READ, *map(_text, SCRIPTS), "})();\n"])
    saved = [part for run in page.runs for part in run.saved[:3]]
    ranked = sum(row.rank is not None for row in page.rows)
    best = page.rows[0].fitness if ranked else None
    count, seconds = sum(count for _, count, _ in saved), sum(seconds for _, _, seconds in saved)
    data = page.to_json() | {"operators": OPERATORS, "base": base_schedule()}
    # What the template shows itself is not there twice.
    data["runs"] = []
    text: str = _template().render(
        page=page,
        policy=content_policy(style, script, "require-trusted-types-for 'script'"),
        style=Markup(style),  # noqa: S704 - a file of this package
        script=Markup(script),  # noqa: S704 - files of this package
        data=Markup(embedded(data)),  # noqa: S704 - every '<' in it is escaped
        ranked=ranked,
        best=None if best is None else score_text(best),
        sheets=len(page.sheets),
        saving=[run for run in page.runs if run.groups],
        saved_count=count,
        saved_time=duration(seconds),
        most=MOST_GROUPS,
    )
    return text


_READ = "const data = JSON.parse(document.getElementById('data').textContent);\n"


def embedded(data: Any) -> str:
    """Return JSON that may stand in an element of HTML: what could end it, or is not seen, is escaped."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


@cache
def _text(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader(__package__ or ""),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"shown": escaped, "duration": duration, "parts": _parts}
    return environment.get_template("page.html.jinja")


def _parts(groups: Sequence[SavedGroup]) -> Iterator[tuple[bool, Sequence[SavedGroup]]]:
    """Yield the classes that are shown at once, and those that are opened."""
    if groups:
        yield True, groups[:GROUPS]
    if len(groups) > GROUPS:
        yield False, groups[GROUPS:MOST_GROUPS]
