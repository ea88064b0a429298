"""The other process: limits itself, calls the function that it is told, and writes what that returns."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from typing import Any

from nos_sym.errors import NosSymError
from nos_sym.sandbox.limits import set_own


def main() -> None:
    """Read a job from standard input and write its answer to the file descriptor of the first argument."""
    place = int(sys.argv[1])
    given = json.load(sys.stdin)
    # Whatever is run has nothing to read, and what it prints goes nowhere.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    # Processes that the code starts do not hold the answer open.
    os.set_inheritable(place, False)
    set_own(given["limits"])
    answer = json.dumps(_called(given["function"], given["job"]), allow_nan=False).encode()
    with os.fdopen(place, "wb") as file:
        file.write(answer)
    # Without what the code has registered for the end.
    os._exit(0)


def _called(function: str, job: Any) -> dict[str, Any]:
    module, name = function.split(":")
    try:
        return {"kind": "value", "value": getattr(import_module(module), name)(job)}
    except NosSymError as error:
        return {"kind": "error", "value": str(error)}
    except MemoryError:
        return {"kind": "error", "value": "the code asked for more memory than it may have"}
    except BaseException as error:  # of the code that is run, which may raise anything
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return {"kind": "error", "value": text[:2000]}


if __name__ == "__main__":
    main()
