"""Start-up time of the command against ``import sympy``, which a first run cannot avoid.

Prints the median wall time of each command over interleaved runs, as a multiple of that import, with and
without what earlier runs have left in the cache, and checks that no command imports a framework, NumPy or
SciPy. Exits with 1 where a command takes longer than :data:`LIMITS` allows, or where a module is imported in
vain.

    python benchmarks/startup.py [--runs 15] [--output startup.json]

The compiled modules of the package and of SymPy are those of the benchmark alone, written in a round before
the first that counts; so they are there for all commands alike, also where Python is told to write none.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

BASELINE = "python -c 'import sympy'"
LIMITS = {
    "nos-sym render Opt4": 1.35,
    "nos-sym render Opt4 (again)": 1.15,
    "nos-sym --help": 0.2,
    "nos-sym render --help": 0.2,
    "complete 'nos-sym ren'": 0.2,
    "complete 'nos-sym render Opt'": 0.2,
    "complete 'nos-sym render Opt4 --back'": 0.2,
    "complete 'nos-sym show torch.optim.A'": 0.2,
    "complete 'nos-sym render AdamW --set w'": 0.2,
    "complete 'nos-sym evolve --set training.'": 0.2,
}
"""Multiples of the baseline that a command may take; the others are shown."""

COMMANDS = (
    ("--version",),
    ("render", "Opt4", "--backend", "tensorflow"),
    ("render", "torch.optim.Adam"),
    ("latex", "Opt4"),
    ("show", "Opt4"),
    ("factor", "Opt4"),
    ("equal", "SGD", "none ~ -(-g)"),
    ("list",),
    ("list", "--language"),
    ("parse", "none ~ tanh(g)"),
    ("parse", "None ~ tanh(v hat)", "--to", "nos"),
)
"""Calls without a limit."""

UNNEEDED = ("torch", "tensorflow", "keras", "jax", "numpy", "scipy", "rich.table", "asyncio")

_PROBE = """
import sys
from nos_sym.cli.main import cli
try:
    cli.main(sys.argv[1:], "nos-sym")
except SystemExit:
    pass
sys.stdout.flush()
print(*(name for name in {names!r} if name in sys.modules), file=sys.stderr)
"""


class Call(NamedTuple):
    """A command line, and the environment variables that it has beside those of the benchmark."""

    arguments: list[str]
    variables: dict[str, str]


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(description="Measure the start of nos-sym.")
    parser.add_argument("--runs", type=int, default=15, help="interleaved runs of each command")
    parser.add_argument("--output", type=Path, help="JSON file for the seconds of every run")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        samples = measure(calls(), given.runs, Path(folder))
    if given.output is not None:
        given.output.write_text(json.dumps(machine() | {"seconds": samples}, indent=1) + "\n")
    base = statistics.median(samples[BASELINE])
    print(f"medians of {given.runs} interleaved runs\n")
    failed = False
    for name, seconds in samples.items():
        ratio = statistics.median(seconds) / base
        limit = LIMITS.get(name)
        failed |= limit is not None and ratio > limit
        verdict = "" if limit is None else f"  at most {limit}: {'TOO SLOW' if ratio > limit else 'holds'}"
        print(f"{name:<48} {ratio * base * 1e3:7.0f} ms  {ratio:5.2f} x sympy{verdict}")
    for arguments in (("render", "Opt4"), *COMMANDS):
        found = imported(arguments)
        if found:
            failed = True
            print(f"nos-sym {' '.join(arguments)} imports {found} in vain")
    return int(failed)


def calls() -> dict[str, Call]:
    """Return what is measured, by the names that are printed."""
    python = sys.executable
    script = str(Path(python).parent / "nos-sym")
    cold = {"NOS_SYM_NO_CACHE": "1"}
    found = {
        "python -c pass": Call([python, "-c", "pass"], {}),
        BASELINE: Call([python, "-c", "import sympy"], {}),
        "python -c 'import nos_sym'": Call([python, "-c", "import nos_sym"], {}),
        "nos-sym --help": Call([script, "--help"], cold),
        "nos-sym render --help": Call([script, "render", "--help"], cold),
        "nos-sym render Opt4": Call([script, "render", "Opt4"], cold),
        "nos-sym render Opt4 (again)": Call([script, "render", "Opt4"], {}),
    }
    for name in filter(lambda name: name.startswith("complete "), LIMITS):
        asked = {"COMP_WORDS": name[len("complete '") : -1], "_NOS_SYM_COMPLETE": "bash_complete"}
        found[name] = Call([script], asked)
    return found | {" ".join(["nos-sym", *each]): Call([script, *each], cold) for each in COMMANDS}


def measure(commands: dict[str, Call], runs: int, folder: Path) -> dict[str, list[float]]:
    """Return the seconds of each run; runs alternate, so that a slow phase hits all alike."""
    environment = os.environ | {
        "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        "XDG_CACHE_HOME": str(folder),
    }
    for name in ("PYTHONDONTWRITEBYTECODE", "NOS_SYM_NO_CACHE"):
        environment.pop(name, None)
    times: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, call in commands.items():
            start = time.perf_counter()
            subprocess.run(
                call.arguments, env=environment | call.variables, check=True, stdout=subprocess.DEVNULL
            )
            # The first round fills the caches.
            if run:
                times[name].append(time.perf_counter() - start)
    return times


def machine() -> dict[str, str]:
    """Return where the times were measured."""
    return {"python": platform.python_version(), "system": platform.platform(), "processor": processor()}


def processor() -> str:
    """Return the name of the processor, where the system says it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")


def imported(arguments: tuple[str, ...]) -> str:
    """Return which of the unneeded modules a command imports."""
    code = _PROBE.format(names=UNNEEDED)
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | {"NOS_SYM_NO_CACHE": "1"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return result.stderr.strip()


if __name__ == "__main__":
    sys.exit(main())
