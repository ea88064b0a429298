"""Start-up time of the command against ``import sympy``, which it cannot avoid.

Prints the median wall time of each command over interleaved runs, as a multiple of that import, and checks
that no command imports a framework, NumPy or SciPy. Exits with 1 where ``nos-sym render Opt4`` takes more
than 1.6 times as long as the import, or where a module is imported in vain.

    python benchmarks/startup.py [--runs 15]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

LIMIT = 1.6
BASELINE = "python -c 'import sympy'"
LIMITED = "nos-sym render Opt4 --backend torch"
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


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(description="Measure the start of nos-sym.")
    parser.add_argument("--runs", type=int, default=15, help="interleaved runs of each command")
    runs = parser.parse_args().runs
    python = sys.executable
    script = str(Path(python).parent / "nos-sym")
    arguments = (
        ("--version",),
        ("render", "Opt4", "--backend", "torch"),
        ("render", "Opt4", "--backend", "tensorflow"),
        ("latex", "Opt4"),
        ("show", "Opt4"),
        ("factor", "Opt4"),
        ("equal", "SGD", "none ~ -(-g)"),
        ("list",),
        ("list", "--language"),
        ("parse", "none ~ tanh(g)"),
        ("parse", "None ~ tanh(v hat)", "--to", "nos"),
    )
    commands = {
        BASELINE: [python, "-c", "import sympy"],
        "python -c 'import nos_sym'": [python, "-c", "import nos_sym"],
    } | {" ".join(["nos-sym", *a]): [script, *a] for a in arguments}
    medians = measure(commands, runs)
    base = medians[BASELINE]
    print(f"medians of {runs} interleaved runs\n")
    for name, seconds in medians.items():
        print(f"{name:<48} {seconds * 1e3:7.0f} ms  {seconds / base:5.2f} x sympy")
    failed = medians[LIMITED] > LIMIT * base
    print(f"\n'{LIMITED}' may take {LIMIT} x sympy: {'TOO SLOW' if failed else 'holds'}")
    for a in arguments:
        found = imported(a)
        if found:
            failed = True
            print(f"nos-sym {' '.join(a)} imports {found} in vain")
    return int(failed)


def measure(commands: dict[str, list[str]], runs: int) -> dict[str, float]:
    """Return the median seconds of each command; runs alternate, so that a slow phase hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            # The first round only warms the caches of the disk.
            if run:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def imported(arguments: tuple[str, ...]) -> str:
    """Return which of the unneeded modules a command imports."""
    code = _PROBE.format(names=UNNEEDED)
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    return result.stderr.strip()


if __name__ == "__main__":
    sys.exit(main())
