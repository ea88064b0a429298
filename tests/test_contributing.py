"""What contributors are told holds: the targets of make, the checks before a commit, pinned versions."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_help_has_a_line_for_every_target() -> None:
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    # The suite is itself run by make, whose variables would have this one print the folders that it enters.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    environment.pop("MFLAGS", None)
    command = ["make", "--no-print-directory", "help"]
    told = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30, env=environment
    )
    assert {line.split()[1] for line in told.stdout.splitlines()} == TARGETS
    assert all(len(line.split()) > 3 for line in told.stdout.splitlines())


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_targets_that_are_named_exist(document: str) -> None:
    named = re.findall(r"`make ([a-z-]+)`", (ROOT / document).read_text(encoding="utf-8"))
    assert named and set(named) <= TARGETS


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "CHANGELOG.md", "docs/architecture.md"])
def test_links_lead_somewhere(document: str) -> None:
    file = ROOT / document
    for link in re.findall(r"\]\(([^)#:]+)\)", file.read_text(encoding="utf-8")):
        assert (file.parent / link).exists(), link


def test_checks_before_a_commit_are_those_of_lint() -> None:
    """The same programs of the same environment, with the same verdict."""
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    entries = re.findall(r"^ +entry: (.*)$", hooks, re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (lint,) = re.findall(r"^lint:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    commands = [line.strip().replace("$(BIN)", ".venv/bin").removesuffix(" .") for line in lint.splitlines()]
    assert [entry.removesuffix(" --force-exclude") for entry in entries] == commands


def test_every_dependency_is_pinned_to_a_version_that_it_allows() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    versions = {canonicalize_name(name): Version(version) for name, version in pins.items()}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    for requirement in [Requirement(text) for group in groups for text in group]:
        here = requirement.marker is None or requirement.marker.evaluate({"sys_platform": "linux"})
        if here and requirement.name != project["name"]:
            assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), requirement


def test_the_version_of_the_package_is_in_the_changelog() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    heads = re.findall(r"^## \[(.*?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert heads[0] == "Unreleased" and version in heads


def test_no_two_files_of_tests_have_one_name(repository: Path) -> None:
    # pytest imports a file by its name alone, and refuses the second one.
    names = [path.name for path in (repository / "tests").rglob("test_*.py")]
    assert sorted(set(names)) == sorted(names)
