"""Links of pages that lead out of ``docs/``: what they lead to becomes a part of the site.

A page says where something is, as ``../nos_sym/algebra/canonical.py``, which is right for who reads it in a
checkout. The site has such a file as a page, and a folder as a list of its files, so that no link needs
another server.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from pathlib import Path

from docsite.markdown import block, prose, relative

DOCS = "docs"
LINK = re.compile(r"(\]\()([^()\s#:]+)((?:#[^()\s]*)?\))")
"""A link to a file: not to a place of the page itself, and not to another server."""

_LANGUAGES = {
    ".py": "python", ".toml": "toml", ".json": "json", ".sh": "sh", ".lark": "text", ".tex": "latex",
    ".nos": "nos", ".c": "c", ".log": "text", ".txt": "text",
}  # fmt: skip
_UNSEARCHED = "---\nsearch: { exclude: true }\n---\n\n"
"""Sources would be most of what a search finds."""
_LARGEST = 400_000
"""Bytes of a file that is shown as a page."""


def outside(page: str, link: str) -> str:
    """Return the path in the checkout that a link leads to, where that is not below ``docs/``; else nothing.

    Args:
        page: the page, as a path below ``docs/``.
        link: the path that stands in the link.
    """
    target = posixpath.normpath(posixpath.join(DOCS, posixpath.dirname(page), link))
    return "" if target == DOCS or target.startswith((f"{DOCS}/", "../")) else target


def place_of(target: str, root: Path) -> str:
    """Return where the site has a file or folder of the checkout, as a path below ``docs/``."""
    if (root / target).is_dir():
        return f"source/{target}/index.md"
    shown = Path(target).suffix in (*_LANGUAGES, ".md") or "." not in Path(target).name
    small = (root / target).stat().st_size <= _LARGEST
    return f"source/{target}.md" if shown and small and not target.endswith(".md") else f"source/{target}"


def rewritten(markdown: str, page: str, root: Path, seen: Callable[[str], None] = lambda _: None) -> str:
    """Return a page whose links out of ``docs/`` lead to what the site has of them.

    Args:
        markdown: the text of the page.
        page: the page, as a path below ``docs/``.
        root: the checkout.
        seen: is told each path of the checkout that a link leads to.
    """

    def led(match: re.Match[str]) -> str:
        target = outside(page, match[2])
        if not target or not (root / target).exists():
            return match[0]
        seen(target)
        return f"{match[1]}{relative(place_of(target, root), page)}{match[3]}"

    lines = prose(markdown.split("\n"))
    return "\n".join(LINK.sub(led, line) if is_text else line for is_text, line in lines)


def shown(target: str, root: Path) -> str | bytes:
    """Return what the site has in place of a file or folder: a page as Markdown, or the bytes of a file."""
    path = root / target
    if path.is_dir():
        rows = [f"- [{name}]({place})" for name, place in _listed(target, root)]
        return f"{_UNSEARCHED}# {target}\n\n" + "\n".join(rows) + "\n"
    place = place_of(target, root)
    if not place.endswith(".md"):
        return path.read_bytes()
    content = path.read_text(encoding="utf-8")
    if target.endswith(".md"):
        return _UNSEARCHED + _as_if_in_docs(content, target)
    return f"{_UNSEARCHED}# {target}\n\n{block(content, _LANGUAGES.get(path.suffix, 'text'))}"


def files_below(target: str, root: Path) -> list[str]:
    """Return the files that lie in a folder of the checkout, as paths; none for a file."""
    path = root / target
    names = sorted(p.name for p in path.iterdir() if p.is_file()) if path.is_dir() else []
    return [f"{target}/{name}" for name in names if not name.startswith((".", "_")) or name == "__init__.py"]


def _listed(target: str, root: Path) -> list[tuple[str, str]]:
    page = f"source/{target}/index.md"
    return [(Path(f).name, relative(place_of(f, root), page)) for f in files_below(target, root)]


def _as_if_in_docs(content: str, target: str) -> str:
    """Return a page of the checkout with links as they are seen from its place below ``docs/source/``."""
    here = posixpath.dirname(target)

    def led(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(here, match[2]))
        if path.startswith(f"{DOCS}/"):
            return f"{match[1]}{relative(path.removeprefix(f'{DOCS}/'), f'source/{target}')}{match[3]}"
        return f"{match[1]}{posixpath.relpath(path, posixpath.join(DOCS, 'source', here))}{match[3]}"

    lines = prose(content.split("\n"))
    return "\n".join(LINK.sub(led, line) if is_text else line for is_text, line in lines)
