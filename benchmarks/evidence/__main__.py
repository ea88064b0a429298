"""Write ``docs/evidence.md``: every figure that pages claim, with its command, day, machine and raw file.

cd benchmarks && python -m evidence
"""

from __future__ import annotations

from evidence.page import page, write

if __name__ == "__main__":
    write(page())
