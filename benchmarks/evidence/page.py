"""The page of all evidence, and which pages say what."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from evidence import searches, steps, trainings
from evidence.printed import PRINTED
from evidence.record import BENCHMARKS, Measurement

REPOSITORY = BENCHMARKS.parent
PAGE = REPOSITORY / "docs" / "evidence.md"

MEASUREMENTS: tuple[Measurement, ...] = (
    *steps.MEASUREMENTS,
    *searches.MEASUREMENTS,
    *trainings.MEASUREMENTS,
)

_HEAD = """\
# Evidence

Every figure that the README and these pages claim, with the command that makes it again. `cd
benchmarks && python -m evidence` writes this page: each text below is computed from the raw file
beside it, and a test computes it again and looks for it, digit by digit, in the page that claims
it. A figure that is measured anew changes the file, and then the test names each page that still
has the old one.

Speeds are medians of rounds in which the contestants take turns. They are of one machine; what
carries over is their ratios. A GPU was not at hand for any of them.
"""

_PRINTED = """\
## Without a raw file

What these commands print was written into the pages by hand, on the day that is given.

| what | command | day | machine | page |
|---|---|---|---|---|
"""


def folded(text: str) -> str:
    """Return a text with single blanks, as a page is read wherever its lines end."""
    return " ".join(text.split())


def pages() -> dict[Path, str]:
    """Return the text of the README and of every page but this one."""
    found = [REPOSITORY / "README.md", *sorted(PAGE.parent.rglob("*.md"))]
    return {path: folded(path.read_text(encoding="utf-8")) for path in found if path != PAGE}


def where(text: str, texts: dict[Path, str]) -> list[Path]:
    """Return the pages in which a text stands."""
    return [path for path, page in texts.items() if folded(text) in page]


def page() -> str:
    """Return the page.

    Raises:
        ValueError: a figure stands in no page.
    """
    texts = pages()
    parts = [_HEAD]
    for measurement in MEASUREMENTS:
        said = measurement.texts()
        link = f"[`{measurement.raw}`](../benchmarks/results/{measurement.raw})"
        parts.append(
            f"## {measurement.title}\n\n"
            f"- made by `{measurement.command}`\n"
            f"- on {measurement.day}, {measurement.machine}\n"
            f"- raw results: {link}\n"
            f"- said in {_links(said, texts)}:\n\n" + "\n".join(_quoted(said)) + "\n"
        )
    rows = (
        f"| {p.title} | `{p.command}` | {p.day} | {p.machine} | {_links([p.says], texts)} |" for p in PRINTED
    )
    parts.append(_PRINTED + "\n".join(rows) + "\n")
    return "\n".join(parts)


def write(text: str) -> None:
    """Replace the page in one go."""
    temporary = PAGE.with_suffix(".tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(PAGE)


def _links(said: Iterable[str], texts: dict[Path, str]) -> str:
    found: dict[Path, None] = {}
    for text in said:
        paths = where(text, texts)
        if not paths:
            raise ValueError(f"no page says {text!r}")
        found |= dict.fromkeys(paths)
    return ", ".join(f"[{path.name}]({os.path.relpath(path, PAGE.parent)})" for path in found)


def _quoted(said: Iterable[str]) -> Iterator[str]:
    yield "```text"
    yield from said
    yield "```"
