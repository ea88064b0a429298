"""Every block of code in the documentation runs, or says why not; what runs them notices what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.documents import PageError, is_heavy, run_page

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
TEXTS = {str(page.relative_to(DOCS)): page.read_text(encoding="utf-8") for page in PAGES}


@pytest.mark.parametrize("page", TEXTS)
def test_blocks_of_the_page_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page(TEXTS[page], heavy=False)


@pytest.mark.heavy
@pytest.mark.parametrize("page", [page for page, text in TEXTS.items() if is_heavy(text)])
def test_all_blocks_of_the_page_run(page: str, tmp_path: Path) -> None:
    # In a process of its own, as operations that a page adds stay in the registry.
    environment = os.environ | {"PYTHONPATH": str(ROOT / "tests"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "support.documents", str(DOCS / page)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=1100,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


def test_there_are_pages_for_everybody() -> None:
    folders = {Path(page).parent.name for page in TEXTS}
    assert folders >= {"", "tutorial", "how-to", "explanation"} and len(TEXTS) > 30


def block(said: str, text: str) -> str:
    return f"```{said}\n{text}\n```\n"


WRONG = [
    (block("console", "$ nos-sym parse 'none ~ g' --to nos\nnone ~ w"), "what is printed is"),
    (block("console", "$ nos-sym parse 'none ~ g'\n...x..."), "what is printed is"),
    (block("console", "$ nos-sym parse 'none ~ q' --to nos\nerror: no\n..."), "what is printed is"),
    (block("console", "$ nos-sym parse 'none ~ q' --to nos"), "ends with 2"),
    (block("console", "nos-sym list"), "no command"),
    (block("console", "$ rm -rf /"), "no command that the tests run"),
    (block("console no-run it trains", "$ nos-sym evolve --colour"), "No such option"),
    (block("console no-run it trains", "$ nos-sym evolved"), "No such command"),
    (block("console heavy", "$ nos-sym evolve --seed x --store run.db"), "not a valid"),
    (block("sh no-run it builds", "make nothing"), "no such target"),
    (block("sh no-run it installs", "pip install 'nos-sym[gpu]'"), "no extra gpu"),
    (block("console no-run", "$ nos-sym list"), "does not say why"),
    (block("console later", "$ nos-sym list"), "expected 'heavy' or 'no-run REASON'"),
    (block("python", "1 + 1  # 3"), "the page shows 3, and it is 2"),
    (block("python", "max(\n    1,\n    2,\n)  # 3"), "the page shows 3, and it is 2"),
    (block("python", "'ä', 1  # ('a', 1)"), "the page shows"),
    (block("python", "raise KeyError(7)"), "KeyError: 7"),
    (block("python no-run it is a part", "def f(:"), "SyntaxError"),
    (block("python", "print(2)") + block('text title="Output"', "3"), "what is printed is"),
    (block("nos", "Mine = none ~ tahn(g)"), "unknown function"),
    (block("nos", "none ~ tahn(g)"), "unknown function"),
    (block("toml", "a = "), "TOMLDecodeError"),
    (block("json", "{"), "JSONDecodeError"),
    (block("haskell", "main = 1"), "no way to run"),
    (
        block("", "nos-sym proof 1\nlevel: exact\nA: none ~ g\nB: none ~ w\n\n  none ~ g\n= none ~ w"),
        "line 1",
    ),
    ("```python\n1", "does not end"),
]


@pytest.mark.parametrize(("page", "complaint"), WRONG, ids=[f"{n}-{c}" for n, (_, c) in enumerate(WRONG)])
def test_a_page_that_is_wrong_is_told(
    page: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((PageError, ValueError)) as caught:
        run_page(page, heavy=False)
    assert complaint in str(caught.value)


def test_a_page_that_is_right_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_page(
        block("console", "$ nos-sym parse 'none ~ g' --to nos\nnone ~ g\n$ nos-sym parse 'none ~ w'\n...w...")
        + block("console", "$ nos-sym parse 'none ~ g' --to nos > rule.nos\n$ cat rule.nos\nnone ~ g")
        + block('python title="two.py"', "print(2)")
        + block("python", "print(2)\nprint('two')\n(1 +\n 1)  # 2\n1 + 1  # no literal")
        + block('text title="Output"', "2\ntwo")
        + block("python heavy", "raise KeyError")
        + "    ```python\n    1 + 1  # 2\n    ```\n"
        + block("text", "$ nothing"),
        heavy=False,
    )
    assert (tmp_path / "two.py").read_text() == "print(2)\n"
