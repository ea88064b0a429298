"""A real browser for tests of pages: Chromium without a window, without a network, without complaints."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def chromium() -> Iterator[Any]:
    """Start Chromium, or skip the test where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    # The sandbox of Chromium does not start for root, as whom containers run.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser: Any, file: Path, **options: Any) -> Iterator[Any]:
    """Open a page in a tab of its own; what it complains of, or loads, fails the test."""
    # Tabs share nothing that a page keeps, which is the storage of its session; a profile costs more.
    own = bool(options) or not browser.contexts
    context = browser.new_context(**options) if own else browser.contexts[0]
    tab = context.new_page()
    tab.set_default_timeout(10_000)
    found: list[str] = []
    tab.on("console", lambda message: found.append(f"{message.type}: {message.text}"))
    tab.on("pageerror", lambda error: found.append(f"error: {error}"))
    tab.on("request", lambda request: found.append(request.url) if request.url != file.as_uri() else None)
    tab.goto(file.as_uri())
    tab.wait_for_selector("html[data-ready]")
    try:
        yield tab
    finally:
        (context if options else tab).close()
    # The icon is data in the page itself.
    assert [line for line in found if line != "data:,"] == []
