"""What MkDocs calls while it builds the site; named in ``mkdocs.yml``.

Pages that no one has to write are made here, links that leave ``docs/`` are led to what the site has of
them, and the words that tell the tests how a block runs are taken out.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
# The modules beside this one are a package of `scripts/`; MkDocs loads this file alone.
sys.path.insert(0, str(ROOT / "scripts"))

from mkdocs.structure.files import File, Files  # noqa: E402 - the path is that above

from docsite import api, atlas, commands, fences, gallery, links, math, operations, settings  # noqa: E402

_DEPTH = "In depth"
_GROUPS = {
    "Language and proofs": ("language", "algebra", "proofs", "explain", "glossary"),
    "Rendered optimizers": ("rendering", "rendering-pytorch", "rendering-speed", "compatibility"),
    "Searches": ("search", "search-algorithms", "search-running", "search-results", "report"),
    "The paper": ("transfer", "pipeline", "figures", "tables", "claims"),
    "Optimizers of others": ("lift", "audit", "review", "making-an-atlas"),
}
_OTHERS = "nos-sym itself"
"""Groups of the last section with their pages, in order; pages of no group are in the last, by name."""


def on_config(config: Any) -> Any:
    """Complete the navigation: the groups of the gallery, and all pages that lie in ``docs/`` itself."""
    # MkDocs takes the path of a hook away when it has loaded it; the processes of the gallery need it.
    if str(ROOT / "scripts") not in sys.path:
        sys.path.insert(0, str(ROOT / "scripts"))
    docs = Path(config.docs_dir)
    named = {str(each) for each in _leaves(config.nav)}
    there = [path.stem for path in sorted(docs.glob("*.md")) if f"{path.name}" not in named]
    for section in config.nav:
        if _DEPTH in section:
            section[_DEPTH] = _in_depth(there)
        if "Reference" in section:
            place = section["Reference"].index("reference/commands/index.md")
            section["Reference"][place] = {"Commands": list(commands.places())}
        if "Gallery" in section:
            section["Gallery"] += [
                {title: f"gallery/{group}.md"} for group, (title, _) in gallery.GROUPS.items()
            ]
    return config


def _in_depth(there: list[str]) -> list[dict[str, list[str]]]:
    """Return the last section from the names of its pages, each in one group."""
    of_none = [name for name in there if not any(name in names for names in _GROUPS.values())]
    groups = {title: [name for name in names if name in there] for title, names in _GROUPS.items()}
    groups[_OTHERS] = of_none
    return [{title: [f"{name}.md" for name in names]} for title, names in groups.items() if names]


def _leaves(nav: Any) -> list[Any]:
    if isinstance(nav, dict):
        return [leaf for value in nav.values() for leaf in _leaves(value)]
    return [leaf for each in nav for leaf in _leaves(each)] if isinstance(nav, list) else [nav]


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are made, and what links of pages lead to."""
    made: dict[str, str | bytes] = {
        "reference/operations.md": operations.page(),
        "reference/settings.md": settings.page(),
        "reference/python.md": api.page(),
        "atlas.md": atlas.page(ROOT),
        **commands.pages(),
        **gallery.pages(ROOT),
        **gallery.files(ROOT),
        **atlas.pictures(ROOT),
    }
    pages = {file.src_uri: file.content_string for file in files.documentation_pages()}
    pages |= {place: content for place, content in made.items() if isinstance(content, str)}
    made |= _linked(pages)
    for place, content in made.items():
        files.append(File.generated(config, place, content=content))
    return files


def _linked(pages: dict[str, str]) -> dict[str, str | bytes]:
    """Return what the site has of files and folders of the checkout that pages link to."""
    found: dict[str, str | bytes] = {}
    waiting = dict(pages)
    while waiting:
        seen: list[str] = []
        for place, content in waiting.items():
            links.rewritten(content, place, ROOT, seen.append)
        waiting = {}
        for target in dict.fromkeys(seen):
            for each in (target, *links.files_below(target, ROOT)):
                place = links.place_of(each, ROOT)
                if place in found:
                    continue
                found[place] = links.shown(each, ROOT)
                if each.endswith(".md"):
                    waiting[place] = str(found[place])
    return found


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Return the text of a page as MkDocs reads it."""
    place = page.file.src_uri
    try:
        markdown = math.in_text(fences.for_mkdocs(markdown))
    except ValueError as error:
        raise SystemExit(f"error: docs/{place}: {error}") from None
    return links.rewritten(_plain_cells(markdown), place, ROOT)


def _plain_cells(markdown: str) -> str:
    r"""Return a page whose tables have code with a plain ``|``: GitHub wants ``\|`` there, Python-Markdown
    not."""

    def cells(line: str) -> str:
        return re.sub(r"`[^`]*`", lambda match: match[0].replace("\\|", "|"), line)

    from docsite.markdown import prose

    lines = prose(markdown.split("\n"))
    return "\n".join(
        cells(line) if is_text and line.lstrip().startswith("|") else line for is_text, line in lines
    )


def on_post_build(config: Any) -> None:
    """Write the index of the search as a script, too: a page that lies on a disk may load no data."""
    index = Path(config.site_dir) / "search" / "search_index.json"
    if index.is_file():
        said = index.read_text(encoding="utf-8")
        index.with_suffix(".js").write_text(f"var __index = {said}", encoding="utf-8")
