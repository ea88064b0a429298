"""What the templates of an optimizer that shares a runtime see beside those of a single file."""

from __future__ import annotations

from typing import Any

from nos_sym.backends.layout import fit, tuple_text


def runtime_context() -> dict[str, Any]:
    """Return what the template of a single file sees where it writes the runtime: every part of it is there.

    What is empty here is asked of the rule and its parts in the runtime.
    """
    nothing = (
        "common",
        "saved",
        "low_precision",
        "slots",
        "start",
        "native",
        "in_place",
        "elementwise",
        "total_steps",
    )
    more = ("doubles", "detached", "unbounded", "reads_rank", "refused", "replaces")
    return dict.fromkeys((*nothing, *more)) | {
        "runtime": True,
        "name": "",
        "fit": fit,
        "rate": "self.rule.rate(group)",
        "numbers": [
            '        known = {**group, "dtype": dtype}',
            "        return self.rule.numbers(lr, step, training_step, known)",
        ],
        "cycles": None,
        "empty": ["*parts.empty(like)"],
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
        "checked": [name for _, name, _ in context["valid"]],
        "others": _others(context),
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


def _others(context: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the further parts of a rule, those alone that are not the default."""
    common, in_place, saved = context["common"], context["in_place"], context["saved"]
    shared = dict.fromkeys(context["key_of"].get(x, x) for x in common.settings) if common else ()
    flags = ("elementwise", "reads_rank", "replaces", "unbounded", "total_steps")
    found = [(flag, "True") for flag in flags if context[flag]]
    found += [("momentum", "True")] if context["cycles"] else []
    found += [("advance", "advance"), ("buffers", str(in_place["buffers"]))] if in_place else []
    for name, keys in (
        ("doubles", context["doubles"]),
        ("common", common.states if common else ()),
        ("shared", shared),
    ):
        found += [(name, tuple_text(f'"{key}"' for key in keys))] if keys else []
    found += [("detached", tuple_text(map(str, context["detached"])))] if context["detached"] else []
    if saved is not None:
        found.append(("unpacked", "unpacked"))
        found += [("packed", "packed")] if saved["packs"] else []
        made = ", ".join(f'"{name}": "{option}"' for name, option in saved["made"].items())
        found += [("made", f"{{{made}}}")] if made else []
        empty = ", ".join(context["empty"])
        found += [("empty", f"lambda like: [{empty}]")] if saved["fills"] and empty else []
    return found + ([("rate", context["none_rate"])] if context["none_rate"] else [])
