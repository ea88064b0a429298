"""The site as it is built: no warning, no broken link, no torn table, nothing that asks another server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from support.browser import chromium

pytestmark = pytest.mark.heavy

WIDTHS = (360, 1280)
SHOWN = (
    "index", "tutorial/rule", "how-to/search-on-my-data", "explanation/guards", "gallery/index",
    "gallery/discovered", "gallery/discovered/Opt4", "gallery/schedules/LR8", "gallery/torch/MuonTorch",
    "atlas", "reference/operations", "reference/commands/render", "reference/settings", "reference/python",
    "search", "language", "source/nos_sym/algebra/canonical.py",
)  # fmt: skip


class Page(HTMLParser):
    """What a page links to and loads, its places, and the rows of its tables."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.places: set[str] = set()
        self.tables: list[list[int]] = []
        self.cells: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.places |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link" and given.get("rel") != "canonical":
            self.loads.append(given["href"])
        elif "src" in given:
            self.loads.append(given["src"])
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append(0)
        elif tag in ("td", "th"):
            self.tables[-1][-1] += 1
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data


@pytest.fixture(scope="module")
def site(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the site, built without a network and without a warning."""
    pytest.importorskip("material")
    folder = tmp_path_factory.mktemp("built") / "site"
    # A proxy that is nowhere: what asks a server fails.
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    environment = os.environ | nowhere | {"NO_MKDOCS_2_WARNING": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(
        command, cwd=repository, env=environment, capture_output=True, text=True, check=False, timeout=1000
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def test_every_link_leads_somewhere(site: Path, pages: dict[Path, Page]) -> None:
    broken = []
    for path, page in pages.items():
        # The page for what is not found is served at any place, with links from the root.
        if path.name == "404.html":
            continue
        for link in [*page.links, *page.loads]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            place = unquote(parts.fragment)
            if not target.is_file():
                broken.append(f"{path.relative_to(site)}: {link}")
            elif place and target in pages and place not in pages[target].places and place != "__skip":
                broken.append(f"{path.relative_to(site)}: no place {link}")
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    foreign = {link for page in pages.values() for link in page.loads if urlsplit(link).netloc}
    styles = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert foreign == set() and not re.findall(r"url\(['\"]?(?:https?:)?//", styles)


def test_rows_of_tables_have_the_cells_of_their_head(site: Path, pages: dict[Path, Page]) -> None:
    torn = [
        str(path.relative_to(site)) for path, page in pages.items()
        for rows in page.tables if len(set(rows)) > 1 and "reference/python" not in str(path)
    ]  # fmt: skip
    assert torn == []
    assert all(
        "\\|" not in cell for path, page in pages.items() for cell in page.cells if "source" not in str(path)
    )
    language = " ".join(pages[site / "language.html"].cells)
    assert "sign(x) * |x|^(m/n)" in language


def test_the_gallery_has_a_page_for_every_entry(site: Path) -> None:
    import nos_sym

    for name in nos_sym.catalog.names():
        page = (site / "gallery" / nos_sym.catalog.group_of(name) / f"{name}.html").read_text(
            encoding="utf-8"
        )
        assert "<math" in page and ("nos-curves" in page or "There is no picture" in page)


def test_words_for_the_tests_are_not_shown(site: Path) -> None:
    for path in site.rglob("*.html"):
        if "source" not in path.parts:
            assert "no-run" not in re.sub(r"<code>[^<]*</code>", "", path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_and_are_quiet_in_a_browser(scheme: str, site: Path) -> None:
    with chromium() as browser:
        for width in WIDTHS:
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
            for name in SHOWN:
                tab, found = opened(context, site / f"{name}.html", site)
                wide = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert (name, width, wide <= 0, found) == (name, width, True, [])
                back = tab.evaluate("getComputedStyle(document.body).backgroundColor")
                assert (sum(map(int, re.findall(r"\d+", back)[:3])) > 382) == (scheme == "light")
                tab.close()
            context.close()


def opened(context: Any, file: Path, site: Path) -> tuple[Any, list[str]]:
    """Return a page in a tab, and a list of what it complains of and what it asks for elsewhere."""
    tab = context.new_page()
    tab.set_default_timeout(30_000)
    found: list[str] = []
    tab.on("console", lambda message: found.append(f"{message.type}: {message.text}"))
    tab.on("pageerror", lambda error: found.append(f"error: {error}"))
    inside = (site.as_uri(), "data:", "blob:")
    tab.on("request", lambda request: None if request.url.startswith(inside) else found.append(request.url))
    tab.goto(file.as_uri())
    return tab, found


def test_the_search_works_without_a_server(site: Path) -> None:
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        tab, found = opened(context, site / "index.html", site)
        tab.click("input.md-search__input")
        tab.keyboard.type("shrinkage")
        tab.wait_for_selector(".md-search-result__item a")
        hits = tab.eval_on_selector_all(".md-search-result__item a", "links => links.map(link => link.href)")
        assert any("/how-to/read-a-run.html" in hit for hit in hits)
        assert found == []


def test_make_has_the_target(repository: Path) -> None:
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    done = subprocess.run(["make", "-n", "docs"], cwd=repository, capture_output=True, text=True, timeout=60)
    assert "mkdocs build -q --strict" in done.stdout
