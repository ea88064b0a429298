"""What the templates of an optimizer that shares a runtime see beside those of a single file."""

from __future__ import annotations

from typing import Any

from nos_sym.backends.layout import fit, tuple_text
from nos_sym.backends.torch.parts import PARTS, parts_of


def runtime_context() -> dict[str, Any]:
    """Return what the template of a single file sees where it writes the runtime: every part of it is there.

    What is empty here is asked of the rule and its parts in the runtime.
    """
    nothing = (
        "common",
        "low_precision",
        "slots",
        "start",
        "draws",
        "native",
        "in_place",
        "divisible",
        "elementwise",
        "joins",
        "total_steps",
    )
    more = ("doubles", "detached", "unbounded", "reads_rank", "refused", "replaces")
    return dict.fromkeys((*nothing, *more)) | {
        "runtime": True,
        "saved": dict.fromkeys(("averaged", "axes", "begins", "counts", "fills", "numbers", "packs"))
        | {"fixed": [], "made": {}},
        "name": "",
        "fit": fit,
        "rate": "self.rule.rate(group)",
        "numbers": [
            '        known = {**group, "dtype": dtype}',
            "        return self.rule.numbers(lr, step, training_step, known)",
        ],
        "cycles": None,
        "empty": ["*parts.empty(like)"],
        "parts": PARTS,
    }


def short_context(context: dict[str, Any]) -> dict[str, Any]:
    """Return what the templates of the short files see beside that of a single file, which is given."""
    explicit, modes = _signature(context)
    common, start = context["common"], context["start"]
    states = tuple_text(f'"{x}"' for x in context["slots"]) if context["slots"] else "()"
    fields = [states, "update", *(["scalars"] if context["scalars"] else [])]
    fields += ["start=start"] if start else []
    fields += ["share=share"] if common else []
    fields += ["begin_common=begin_common"] if common and common.first else []
    return {
        "short": True,
        "common_states": common and common.states,
        "signature": ["params", *explicit],
        "fields": fields,
        "modes": [f'"{name}": {default}' for name, default in modes.items()],
        "others": parts_of(context),
    }


def _signature(context: dict[str, Any]) -> tuple[list[str], dict[str, str]]:
    """Return the arguments that a class names, and the defaults of the others, which go by keyword alone."""
    arguments = context["arguments"]
    at = arguments.index("*")
    settings = {option.name for option in context["given"]}
    explicit, modes = arguments[:at], {}
    for argument in arguments[at + 1 :]:
        name, _, default = argument.partition("=")
        if default and name not in settings and name != "lr":
            modes[name] = default
        else:
            explicit += [argument] if "*" in explicit else ["*", argument]
    return explicit, modes
