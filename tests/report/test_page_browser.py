"""The page in a real browser: sorting, filtering, opening, copying, keyboard, light and dark, on a phone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from support.browser import chromium, opened
from support.page_stores import HOSTILE, page_store
from support.sheet_catalog import use_small_catalog

from nos_sym import catalog
from nos_sym.errors import escaped
from nos_sym.report.mathml.equation import display_of
from nos_sym.report.mathml.tree import OPERATORS
from nos_sym.report.page.collect import collect
from nos_sym.report.page.html import page_of

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    store = page_store(folder / "run.db")
    page = folder / "page.html"
    with pytest.MonkeyPatch.context() as patch:
        use_small_catalog(patch)
        page.write_text(page_of(collect(store, top=2)), encoding="utf-8")
    return page


@pytest.fixture(scope="module")
def confirmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a page whose first two optimizers were trained again, the first with scores that vary much."""
    folder = tmp_path_factory.mktemp("confirmed")
    page = collect(page_store(folder / "run.db"), top=0)
    told = (
        (0.7512345678901234, "-0.0500 to 1.1000", 0.1487, "5, 0 failed"),
        (0.7, "0.6500 to 0.7500", 0.195, "5, 1 failed"),
    )
    rows = [
        replace(row, confirmed=told[at] if at < len(told) else (None,) * 4)
        for at, row in enumerate(page.rows)
    ]
    columns = ("Confirmed mean", "95 % interval", "Shrinkage", "Fresh trainings")
    text = page_of(replace(page, rows=tuple(rows), columns=columns))
    (folder / "page.html").write_text(text, encoding="utf-8")
    return folder / "page.html"


def column(tab: Any, place: int) -> list[str]:
    found: list[str] = tab.locator(f"#table tr.row td:nth-child({place})").all_inner_texts()
    return found


def test_sorting_by_mouse_and_the_order_of_what_has_no_value(browser: Any, file: Path) -> None:
    with opened(browser, file) as tab:
        assert column(tab, 1)[:3] == ["1", "2", "3"] and len(column(tab, 1)) == 50
        assert tab.locator("#head-order").get_attribute("aria-sort") == "ascending"
        tab.click("#head-size button")
        sizes = [int(text) for text in column(tab, 3)]
        assert sizes == sorted(sizes)
        tab.click("#head-size button")
        turned = [int(text) for text in column(tab, 3)]
        assert turned == sorted(turned, reverse=True) and turned[0] > sizes[0]
        assert tab.locator("#head-size").get_attribute("aria-sort") == "descending"
        tab.click("#page-last")
        # The one whose rule cannot be read has no size: last in both directions.
        assert column(tab, 3)[-1] == "" and column(tab, 9)[-1] == "unreadable"


def test_filters_find_text_status_schedule_and_size(browser: Any, file: Path) -> None:
    with opened(browser, file) as tab:
        tab.fill("#find", "TANH v_hat")
        assert tab.inner_text("#count").startswith("1 to 4 of 4 of 61")
        tab.fill("#find", "")
        tab.select_option("#status", "diverged")
        assert column(tab, 9) == ["diverged"]
        tab.select_option("#status", "")
        tab.select_option("#schedule", "with")
        assert column(tab, 1) and all(text for text in column(tab, 4))
        tab.select_option("#schedule", "")
        tab.fill("#size", "1")
        assert column(tab, 3) == ["1"]
        tab.fill("#find", "nothing like this")
        assert "No optimizer is like this" in tab.inner_text("#count")
        tab.click("#clear")
        assert tab.inner_text("#count") == "1 to 50 of 61 optimizers"


def test_a_row_opens_its_sheet_lineage_schedule_and_source(browser: Any, file: Path) -> None:
    with opened(browser, file) as tab:
        tab.click("#row-0")
        detail = tab.locator("#detail-0")
        said = detail.inner_text()
        for part in ("Equation", "Data sheet", "Bound of the update", "proved", "Lineage"):
            assert part in said, part
        assert detail.locator("math").count() >= 2
        detail.locator("summary").click()
        assert "class " in detail.locator("details pre").inner_text()
        assert tab.locator("#row-0").get_attribute("aria-expanded") == "true"
        tab.click("#row-0")
        assert tab.locator("#detail-0").count() == 0
        # One of the third time-step: two moves of its particle before it, each with what was replaced.
        index = 41
        tab.click(f"#row-{index}")
        steps = tab.locator(f"#detail-{index} .path li")
        assert steps.count() == 4 and "→" in steps.nth(1).inner_text()
        assert "nos-sym explain 'momentum ~ " in tab.inner_text(f"#detail-{index}")
        steps.nth(0).locator("button").click()
        assert tab.evaluate("document.activeElement.id") == "row-1"
        # [a4] g: the schedule is a curve.
        tab.fill("#find", "none ~ [a4] g")
        tab.locator("#table tr.row").first.click(position={"x": 5, "y": 5})
        assert tab.locator("#table .detail path.curve").count() == 1


def test_copying_with_a_clipboard_and_without(browser: Any, file: Path) -> None:
    with opened(browser, file, permissions=["clipboard-read", "clipboard-write"]) as tab:
        tab.click("#row-0")
        tab.click("#detail-0 >> text=Copy rule")
        tab.wait_for_selector("#detail-0 >> text=Copied")
        assert tab.evaluate("navigator.clipboard.readText()") == "momentum ~ tanh(g)"
        tab.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        tab.evaluate(
            "document.addEventListener('copy', () => { window.copied = document.activeElement.value; })"
        )
        tab.click("#detail-0 >> text=Copy source")
        tab.wait_for_selector("#detail-0 >> text=Copied")
        assert "import torch" in tab.evaluate("window.copied")


def test_keyboard_alone(browser: Any, file: Path) -> None:
    with opened(browser, file) as tab:
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.className") == "skip"
        tab.focus("#head-fitness button")
        tab.keyboard.press("Enter")
        assert tab.locator("#head-fitness").get_attribute("aria-sort") == "descending"
        tab.focus("#row-0")
        assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        tab.keyboard.press("ArrowDown")
        assert tab.evaluate("document.activeElement.id") == "row-1"
        tab.keyboard.press("Enter")
        assert tab.locator("#detail-1").count() == 1
        tab.keyboard.press("Tab")
        tab.keyboard.press("Escape")
        assert tab.locator("#detail-1").count() == 0
        assert tab.evaluate("document.activeElement.id") == "row-1"
        tab.focus("#evaluation")
        tab.keyboard.press("Home")
        assert "Evaluation 1 of 62" in tab.inner_text("#chart output")
        assert tab.locator("#evaluation").get_attribute("aria-valuetext").endswith("momentum ~ tanh(g)")
        tab.keyboard.press("Enter")
        assert tab.evaluate("document.activeElement.id") == "row-0" and tab.locator("#detail-0").count() == 1


def test_the_curve_says_what_it_points_at(browser: Any, file: Path) -> None:
    with opened(browser, file) as tab:
        tab.locator("#chart svg").scroll_into_view_if_needed()
        box = tab.locator("#chart svg").bounding_box()
        tab.mouse.move(box["x"] + 60, box["y"] + 20)
        assert "Evaluation 1 of 62: 0.9000" in tab.inner_text("#chart output")


def background(tab: Any) -> int:
    """Return the red of the background, up to 255."""
    return int(tab.evaluate("getComputedStyle(document.body).backgroundColor").split("(")[1].split(",")[0])


def test_light_dark_paper_and_a_phone(browser: Any, file: Path) -> None:
    with opened(browser, file, viewport={"width": 375, "height": 800}, reduced_motion="reduce") as tab:
        tab.click("#row-0")
        for scheme in ("light", "dark"):
            tab.emulate_media(color_scheme=scheme)
            assert (background(tab) < 80) == (scheme == "dark")
            assert tab.evaluate("document.documentElement.scrollWidth") == 375
        assert not tab.locator("#table thead").is_visible() and tab.locator("#sort").is_visible()
        tab.select_option("#sort", "size")
        assert [int(t) for t in column(tab, 3)[:2]] == [1, 2]
        # A4 less its margins: light whatever the screen is, nothing cut off, nothing to click.
        tab.emulate_media(media="print", color_scheme="dark")
        tab.set_viewport_size({"width": 718, "height": 1047})
        assert background(tab) == 255
        ink = "getComputedStyle(document.querySelector('.nos-sheet h4')).color"
        assert tab.evaluate(ink) == "rgb(26, 26, 26)"
        assert tab.evaluate("document.documentElement.scrollWidth") == 718
        assert tab.locator("#table .detail").is_visible() and not tab.locator("#filters").is_visible()
        assert not tab.locator(".buttons button").first.is_visible()


def test_columns_of_confirmations_stand_beside_the_fitness(browser: Any, confirmed: Path) -> None:
    with opened(browser, confirmed, viewport={"width": 1000, "height": 800}) as tab:
        assert tab.evaluate("document.documentElement.scrollWidth") == 1000
        assert column(tab, 3)[:3] == ["0.7512", "0.7000", ""]
        tab.click("#head-confirmed-1 button")
        assert column(tab, 4)[:3] == ["0.6500 to 0.7500", "-0.0500 to 1.1000", ""]
        tab.click("#row-0")
        detail = tab.locator("#detail-0")
        assert "0.7512" in detail.inner_text() and "0.75123" not in detail.inner_text()
        box = detail.locator("[role=region]").first.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 1000


def test_what_is_chosen_outlives_a_reload(browser: Any, file: Path) -> None:
    with opened(browser, file) as tab:
        tab.click("#head-size button")
        tab.fill("#find", "tanh")
        tab.locator("#table tr.row button").nth(1).click()
        before, rows = tab.locator("#table tr.detail").get_attribute("id"), column(tab, 1)
        tab.reload()
        tab.wait_for_selector("html[data-ready]")
        assert tab.input_value("#find") == "tanh" and column(tab, 1) == rows
        assert tab.locator("#table tr.detail").get_attribute("id") == before
        assert tab.evaluate("document.activeElement.id") == before.replace("detail", "row")


def test_hostile_text_is_text(browser: Any, file: Path) -> None:
    shown = escaped(HOSTILE)
    with opened(browser, file) as tab:
        tab.select_option("#status", "unreadable")
        assert column(tab, 5) == [shown]
        tab.select_option("#status", "stopped early")
        tab.locator("#table tr.row button").click()
        assert shown in tab.inner_text("#table tr.detail")
        assert shown in tab.inner_text("#runs")
        assert tab.locator("script").count() == 2


AS_TEXT = "element => new XMLSerializer().serializeToString(element)"
BUILT = f"packed => ({AS_TEXT})(window.math(packed, true))"
READ = f"text => ({AS_TEXT})(new DOMParser().parseFromString(text, 'text/xml').documentElement)"
SHOWN = ("Opt4", "Opt9", "Adam", "LR5", "AMSGradTorch", "RAdamTorch", "RMSPropTorch")


def test_formulas_of_data_are_those_of_python(browser: Any, file: Path) -> None:
    build = files("nos_sym.report.page").joinpath("templates", "build.js").read_text(encoding="utf-8")
    data = json.dumps({"operators": OPERATORS})
    blank = file.with_name("blank.html")  # the page itself reads no text as markup, nor does a test in it
    blank.write_text("<!DOCTYPE html><html data-ready='0'><link rel='icon' href='data:,'>", encoding="utf-8")
    with opened(browser, blank) as tab:
        tab.evaluate(f"(() => {{ const data = {data};\n{build}\nwindow.math = math; }})()")
        for name in SHOWN:
            formula = display_of(catalog.entry(name))
            assert tab.evaluate(BUILT, formula.pack()) == tab.evaluate(READ, formula.to_mathml()), name
