"""What is built: the source distribution has all sources, the wheel the package and its data alone."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
import yaml
from markdown_it import MarkdownIt

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MADE = {"PKG-INFO", "setup.cfg"}
"""What setuptools adds to a source distribution, beside its folder of metadata."""


def script(path: str) -> ModuleType:
    """Import a file of the checkout that is no part of a package."""
    spec = importlib.util.spec_from_file_location(f"tried_{Path(path).stem}", ROOT / path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Built(NamedTuple):
    """Files that were copied, those of the source distribution and of the wheel, and its metadata."""

    sources: set[str]
    archive: set[str]
    wheel: set[str]
    about: bytes


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build both from a copy, so that nothing that was built before gets in."""
    pytest.importorskip("setuptools", minversion="77", reason="a build without a network needs setuptools")
    folder = tmp_path_factory.mktemp("built")
    script("scripts/sources.py").copy(folder / "source")
    command = [sys.executable, "-m", "build", "--no-isolation", "--skip-dependency-check"]
    done = subprocess.run(
        [*command, "--outdir", str(folder / "dist"), str(folder / "source")],
        capture_output=True, text=True, timeout=220,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "Deprecat" not in done.stdout + done.stderr
    (archive,), (wheel,) = (folder / "dist").glob("*.tar.gz"), (folder / "dist").glob("*.whl")
    with tarfile.open(archive) as tar, zipfile.ZipFile(wheel) as zipped:
        (about,) = [name for name in zipped.namelist() if name.endswith(".dist-info/METADATA")]
        return Built(
            {
                p.relative_to(folder / "source").as_posix()
                for p in (folder / "source").rglob("*")
                if p.is_file()
            },
            {member.name.partition("/")[2] for member in tar.getmembers() if member.isfile()},
            set(zipped.namelist()),
            zipped.read(about),
        )


@pytest.mark.timeout(240)
def test_the_source_distribution_is_the_checkout(built: Built) -> None:
    of_setuptools = {name for name in built.archive if name.startswith("nos_sym.egg-info/")} | MADE
    assert built.archive - of_setuptools == {n for n in built.sources if ".egg-info/" not in n}
    assert {
        "LICENSE",
        "NOTICE",
        "CITATION.cff",
        "MANIFEST.in",
        "tests/conftest.py",
        ".ci/run",
    } <= built.archive


@pytest.mark.timeout(240)
def test_the_wheel_has_the_package_and_nothing_else(built: Built) -> None:
    code = {name for name in built.sources if name.split("/")[0] in ("nos_sym", "grammar", "backends")}
    installed = {name if name.startswith("nos_sym/") else f"nos_sym/{name}" for name in code}
    about = {name for name in built.wheel if ".dist-info/" in name}
    assert built.wheel - about == installed
    data = {Path(name).suffix for name in installed} - {".py"}
    assert data == {"", ".c", ".css", ".jinja", ".js", ".json", ".lark", ".nos", ".toml", ".typed"} - {""}
    assert {Path(name).name for name in about} == {
        "METADATA", "RECORD", "WHEEL", "entry_points.txt", "top_level.txt", "LICENSE", "NOTICE"
    }  # fmt: skip


@pytest.mark.timeout(240)
def test_what_an_index_shows_links_to_the_repository(built: Built) -> None:
    about = message_from_bytes(built.about)
    urls = dict(url.split(", ") for url in about.get_all("Project-URL", []))
    assert urls == PROJECT["urls"] and all(url.startswith("https://") for url in urls.values())
    assert about["License-Expression"] == "MIT" and about["Description-Content-Type"] == "text/markdown"
    description = str(about.get_payload(decode=True), "utf-8")  # type: ignore[arg-type]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown, written = list(targets(description)), list(targets(readme))
    assert len(shown) == len(written) >= 15
    for here, there in zip(written, shown, strict=True):
        if not re.match("[a-z]+:|#", here):
            prefix = f"{urls['Repository']}/(blob|raw)/v{PROJECT['version']}/"
            assert re.sub(prefix, "", there) == here and re.match(prefix, there)
            assert (ROOT / here.partition("#")[0]).exists(), here


def targets(markdown: str) -> Iterator[str]:
    """Yield where links and pictures of a text lead, by a parser of Markdown."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    for token in [child for each in tokens for child in (each.children or [])]:
        assert token.type != "html_inline", (
            f"{token.content} is no Markdown; its links would not be looked at"
        )
        target = token.attrGet("href") or token.attrGet("src")
        if target is not None:
            yield str(target)


def test_links_of_every_form_are_absolute_outside() -> None:
    described = script("setup.py").described
    code = "```sh\n[a](b.md)\n```"
    text = f"[a](docs/a.md#b) [h](#here) [w](https://a.org) ![p](docs/p.png) [m](mailto:a@b.c)\n{code}\n"
    home = "https://example.org/r"
    assert described(text, home, "1.2") == (
        f"[a]({home}/blob/v1.2/docs/a.md#b) [h](#here) [w](https://a.org) ![p]({home}/raw/v1.2/docs/p.png) "
        f"[m](mailto:a@b.c)\n{code}\n"
    )


def test_the_citation_is_of_this_version() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["cff-version"] == "1.2.0" and cited["type"] == "software"
    assert cited["version"] == PROJECT["version"] and cited["license"] == PROJECT["license"]
    assert cited["repository-code"] == PROJECT["urls"]["Repository"]
    heads = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{cited['version']}] - {cited['date-released']}" in heads
    (paper,) = cited["references"]
    assert [author["family-names"] for author in paper["authors"]] == ["Morgan", "Hougen"]
    assert paper["year"] == 2024 and paper["title"].startswith("Neural Optimizer Equation, Decay Function")


def test_oldest_versions_that_are_tried_are_those_that_are_allowed() -> None:
    extras = PROJECT["optional-dependencies"]
    wanted = {"torch": "torch", "optax": "jax", "tensorflow": "tensorflow", "keras": "keras"}
    tables = tomllib.loads((ROOT / "docs" / "compatibility.toml").read_text(encoding="utf-8"))
    requires = {trial["name"]: trial["requires"] for trial in tables["trials"]}
    for framework, extra in wanted.items():
        tried = dict(text.split("==") for text in requires[f"{framework}-oldest"] if "==" in text)
        floors = dict(re.findall(r"^([\w-]+)>=([\d.]+)", text)[0] for text in extras[extra])
        for name, floor in floors.items():
            if name in tried:
                assert tried[name].removesuffix(".0") == floor.removesuffix(".0"), name
        assert floors.keys() & tried.keys()
        assert not any("==" in text for text in requires[f"{framework}-newest"])


def test_the_workflow_tries_every_python_extra_and_version() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))["jobs"]
    pythons = [text.rpartition(" ")[2] for text in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", text)]
    assert jobs["tests"]["strategy"]["matrix"]["python"] == pythons
    extras = jobs["extras"]["strategy"]["matrix"]
    assert extras["python"] == pythons and extras["extra"] == list(script("scripts/check_install.py").TRIED)
    known = {"base", "dev", "programs", "bench", "z3"}  # the last four are for those who work on nos-sym
    assert known | {e for text in extras["extra"] for e in text.split(",")} == (
        PROJECT["optional-dependencies"].keys() | {"base"}
    )
    tables = tomllib.loads((ROOT / "docs" / "compatibility.toml").read_text(encoding="utf-8"))
    assert jobs["versions"]["strategy"]["matrix"]["trial"] == [trial["name"] for trial in tables["trials"]]


def test_versions_of_formats_are_those_of_the_document() -> None:
    from nos_sym.algebra import canonical
    from nos_sym.codegen import key_digests
    from nos_sym.genome import json_form as genomes
    from nos_sym.language import json_form as rules
    from nos_sym.proof.format import TITLE
    from nos_sym.report.tables.results import FORMAT
    from nos_sym.search.store import schema

    text = (ROOT / "docs" / "versioning.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in row.split("|")] for row in re.findall(r"^\|(.*)\|$", text, re.MULTILINE)
    ]
    now = {row[0]: row[2] for row in rows[2:]}
    assert now == {
        "the package": PROJECT["version"],
        "rules as JSON": str(rules.VERSION),
        "genomes as JSON": str(genomes.VERSION),
        "keys": str(canonical.VERSION),
        "keys in rendered files": f"{canonical.VERSION}.{key_digests.VERSION}",
        "stores": str(schema.VERSION),
        "proofs": TITLE.rpartition(" ")[2],
        "files of results": FORMAT.rpartition(" ")[2],
    }
