"""The process that lifts: one request a line on its standard input, one answer a line on its output.

An original may print, hang or end its process; the process that asks sees to it. What it prints goes to
standard error.
"""

from __future__ import annotations

import inspect
import json
import math
import os
import sys
import threading
import time
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nos_sym.atlas.entry import LIFTED, UNVERIFIED, Entry, StateOf
from nos_sym.auditing.matching import number_text
from nos_sym.errors import NosSymError, one_line
from nos_sym.language.kind import Kind
from nos_sym.language.setting import setting_default, setting_name
from nos_sym.lift.lifted import Condition, Lifted
from nos_sym.lift.lifting import lift
from nos_sym.lift.originals import original_of

_LONGEST = 300
_WORDS = {
    Kind.TENSOR: "tensor", Kind.ROW: "rows", Kind.COLUMN: "columns", Kind.SCALAR: "number",
    Kind.GLOBAL: "number for all", Kind.STEP: "number of the step", Kind.NUMBER: "number of the step",
}  # fmt: skip


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Return an entry of what was lifted as data, or why it was not."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = lift(request["target"], request["arguments"])
            turned = turned_off(request["target"], request["arguments"])
            found = replace(found, conditions=(*found.conditions, *turned))
    except NosSymError as error:
        return {"reason": one_line(str(error), _LONGEST)}
    except Exception as error:
        return {"reason": one_line(f"{type(error).__name__}: {error}", _LONGEST)}
    return entry_of(request["name"], found).to_json()


def turned_off(target: str, arguments: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Return a condition for each argument that is not what the original has by default.

    What it does by default is left out then, so that the rule is a special case of it.
    """
    known = inspect.signature(original_of(target).value).parameters
    usual = {n: known[n].default for n in arguments if n in known}
    return tuple(
        Condition(f"{n} is {arguments[n]!r}, and by default {x!r}", "", special=True)
        for n, x in usual.items()
        if x is not inspect.Parameter.empty and x != arguments[n]
    )


def entry_of(name: str, found: Lifted) -> Entry:
    """Return what was lifted as an entry of the atlas, without what needs the others."""
    rule = found.rule
    states = tuple(
        StateOf(state.name, found.states.get(state.name, state.name), _WORDS[state.kind])
        for state in rule.states
    )
    check = found.verification
    said = "" if check.verified else f"relative error {check.error:.2g} over {check.steps} steps"
    return Entry(
        name=name,
        library=found.library,
        version=found.version,
        arguments=dict(found.arguments),
        status=LIFTED if check.verified else UNVERIFIED,
        reason=said,
        rule=str(rule.named(rule.name, "")),
        settings={setting_name(node): number_text(setting_default(node)) for node in rule.settings},
        states=states,
        bytes=4.0 * sum(state.kind == "tensor" for state in states),
        error=check.error if math.isfinite(check.error) else None,
        bound=check.bound,
        because=check.because,
        steps=check.steps,
        conditions=tuple(f"{c.text} ({c.place})" if c.place else c.text for c in found.conditions),
        special=any(c.special for c in found.conditions),
    )


def main() -> None:
    """Answer requests until there are no more."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        text = json.dumps(answer(json.loads(line)), default=str)
        answers.write(text + "\n")
        answers.flush()


def _end_with(parent: int) -> None:
    """End this process when the one that asks is gone: an original that hangs would never see it."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


if __name__ == "__main__":
    main()
