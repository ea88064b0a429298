"""Tries rendered files with the oldest and newest versions of frameworks, in environments without nos-sym.

    python scripts/framework_versions.py [--trial torch-oldest]... [--cases FOLDER] [--inside PYTHON]
    [--write]

``docs/compatibility.toml`` has the trials. For each a fresh environment gets what the trial requires and
nothing else, and :mod:`version_runs` runs there every optimizer and schedule of the catalog that
:mod:`version_cases` has rendered. ``--cases`` keeps these, or takes those that are there; ``--inside`` takes
the Python of an environment that has the versions already, for one trial. Ends with 1 where a file does not
give what it has to, or does and is said not to. With ``--write`` the outcomes go to
``docs/compatibility_versions.json``, from which ``scripts/compatibility.py`` makes a table.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"
TABLES, OUTCOMES = DOCS / "compatibility.toml", DOCS / "compatibility_versions.json"


def outcome(trial: dict[str, Any], cases: Path, inside: str | None) -> dict[str, Any]:
    """Return what a trial finds: versions, numbers of files that passed by kind, reasons of the others."""
    with tempfile.TemporaryDirectory(prefix="nos-sym-") as folder:
        python = inside or f"{folder}/venv/bin/python"
        if inside is None:
            subprocess.run([sys.executable, "-m", "venv", f"{folder}/venv"], check=True)
            subprocess.run([python, "-m", "pip", "install", "-q", *trial["requires"]], check=True)
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "KERAS_BACKEND": trial.get("keras", "tensorflow"),
        }
        environment.pop("PYTHONPATH", None)
        command = [python, str(HERE / "version_runs.py"), str(cases), trial["backend"]]
        ran = subprocess.run(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
    # What frameworks print goes before.
    found: dict[str, Any] = json.loads(ran.stdout.strip().splitlines()[-1])
    return found


def main() -> int:
    """Run the trials that the command line names."""
    trials = {trial["name"]: trial for trial in tomllib.loads(TABLES.read_text(encoding="utf-8"))["trials"]}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trial", action="append", choices=trials)
    parser.add_argument("--cases", type=Path)
    parser.add_argument("--inside")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    names = given.trial or list(trials)
    if given.inside and len(names) != 1:
        parser.error("--inside takes one --trial")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="nos-sym-") as scratch:
        cases = (given.cases or Path(scratch)).resolve()
        if not (cases / "cases.json").exists():
            subprocess.run([sys.executable, str(HERE / "version_cases.py"), str(cases)], check=True)
        for name in names:
            found = outcome(trials[name], cases, given.inside)
            known = {f"optimizers: {rounded}" for rounded in trials[name].get("rounded", ())}
            failed += len(found["failed"].keys() ^ known)
            print(name, json.dumps(found, indent=1), flush=True)
            if given.write:
                keep(name, found)
    return 1 if failed else 0


def keep(name: str, found: dict[str, Any]) -> None:
    """Write the outcome of a trial beside those of the others."""
    outcomes = json.loads(OUTCOMES.read_text(encoding="utf-8")) if OUTCOMES.exists() else {}
    outcomes[name] = {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), **found}
    OUTCOMES.write_text(json.dumps(outcomes, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
