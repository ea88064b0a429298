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
    answer = _called(given["function"], given["job"])
    with os.fdopen(place, "wb") as file:
        file.write(answer.encode())
    # Without what the code has registered for the end.
    os._exit(0)


def _called(function: str, job: Any) -> str:
    module, name = function.split(":")
    try:
        value = getattr(import_module(module), name)(job)
        return json.dumps({"kind": "value", "value": value}, allow_nan=False)
    except NosSymError as error:
        said = str(error)
    except MemoryError:
        said = "the code asked for more memory than it may have"
    except BaseException as error:  # of the code that is run, which may raise anything
        said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return json.dumps({"kind": "error", "value": said[:2000]})


if __name__ == "__main__":
    main()
