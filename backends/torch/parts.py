"""The parts of a rule that a short file hands to the runtime: what each is, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from nos_sym.backends.layout import tuple_text

_Context = dict[str, Any]


class Part(NamedTuple):
    """A part that need not be given.

    Attributes:
        name: of the argument, and of the attribute that the runtime reads.
        default: its text.
        says: what it is.
        text: gives its text for a rule, an empty one for the default; ``None`` where the template has it.
    """

    name: str
    default: str
    says: str
    text: Callable[[_Context], str] | None = None


def _flag(key: str) -> Callable[[_Context], str]:
    return lambda context: "True" if context[key] else ""


def _listed(texts: Iterable[Any]) -> str:
    found = [str(x) for x in texts]
    return tuple_text(found) if found else ""


def _quoted(texts: Iterable[str]) -> str:
    return _listed(f'"{x}"' for x in texts)


def _buffers(context: _Context) -> str:
    return str(context["in_place"]["buffers"]) if context["in_place"] else ""


def _shared(context: _Context) -> str:
    common, key_of = context["common"], context["key_of"]
    return _quoted(dict.fromkeys(key_of.get(x, x) for x in common.settings)) if common else ""


def _made(context: _Context) -> str:
    made = context["saved"]["made"]
    text = ", ".join(f'"{name}": "{option}"' for name, option in made.items())
    return f"{{{text}}}" if made else ""


def _empty(context: _Context) -> str:
    fills = context["saved"]["fills"] and context["empty"]
    return f"lambda like: [{', '.join(context['empty'])}]" if fills else ""


def _of_saved(context: _Context, key: str) -> str:
    return str(context["saved"][key])


def _numbers(context: _Context) -> str:
    numbers = context["saved"]["numbers"]
    text = ", ".join(f'"{name}": {first}' for name, first in numbers.items())
    return f"{{{text}}}" if numbers else ""


PARTS = (
    Part("refused", "None", "options that the original has, with the values that are taken."),
    Part(
        "elementwise",
        "False",
        "whether parts of a tensor can be updated by themselves.",
        _flag("elementwise"),
    ),
    Part(
        "divisible",
        "False",
        "whether processes can update their parts of a tensor by themselves.",
        _flag("divisible"),
    ),
    Part("joins", "False", "whether small tensors can be updated as one.", _flag("joins")),
    Part("draws", "False", "whether it draws random numbers.", _flag("draws")),
    Part(
        "reads_rank",
        "False",
        "whether the update depends on the number of dimensions.",
        _flag("reads_rank"),
    ),
    Part(
        "replaces", "False", "whether the update returns the new weight, not its change.", _flag("replaces")
    ),
    Part(
        "unbounded",
        "False",
        "whether changes may be so large that weights are kept within bounds.",
        _flag("unbounded"),
    ),
    Part("total_steps", "False", "whether the rule has a last step.", _flag("total_steps")),
    Part("momentum", "False", "whether the rule has one.", _flag("cycles")),
    Part("advance", "None", "`update` in place.", lambda context: "advance" if context["in_place"] else ""),
    Part("buffers", "0", "how many buffers that takes.", _buffers),
    Part("doubles", "()", "keys of states in float64.", lambda context: _quoted(context["doubles"])),
    Part(
        "common",
        "()",
        "keys of the states that all weights have in common.",
        lambda context: _quoted(context["common"].states if context["common"] else ()),
    ),
    Part("shared", "()", "keys of a group that must be the same in all groups.", _shared),
    Part(
        "detached",
        "()",
        "indices of states whose first value has no history.",
        lambda context: _listed(context["detached"]),
    ),
    Part(
        "kept",
        "(0,)",
        "indices of gradient, weight and states that autograd may read after a step.",
        lambda context: _listed(context["kept"]),
    ),
    Part(
        "unpacked",
        "None",
        "makes of a state dict of the original that the file replaces, or of the file, one of the file.",
        lambda _: "unpacked",
    ),
    Part(
        "packed",
        "None",
        "makes of a state dict of the file one of the original, where it has another form.",
        lambda context: "packed" if context["saved"]["packs"] else "",
    ),
    Part("made", "None", "states that an option has when a group is made, and the option.", _made),
    Part("empty", "None", "the states of a tensor that the original need not have.", _empty),
    Part(
        "rate",
        "None",
        "the learning rate that None stands for.",
        lambda context: str(context["none_rate"] or ""),
    ),
    Part(
        "begins",
        "None",
        "the count of a group before its first step, where the original counts for groups.",
        lambda context: _of_saved(context, "begins") if _of_saved(context, "counts") else "",
    ),
    Part(
        "together",
        "False",
        "whether it counts once for all groups.",
        lambda context: "True" if _of_saved(context, "count") else "",
    ),
    Part("numbers", "None", "states that are numbers of a group, with their first values.", _numbers),
    Part(
        "fixed",
        "()",
        "options that are the same in all groups.",
        lambda context: _quoted(context["saved"]["fixed"]),
    ),
    Part(
        "axes",
        "0",
        "the most axes of a tensor, 0 for any number.",
        lambda context: _of_saved(context, "axes"),
    ),
    Part("kernel", "None", "`update` as C."),
)
"""In the order of the file."""


def parts_of(context: _Context) -> list[tuple[str, str]]:
    """Return names and texts of what is not the default for a rule, but for what the template has."""
    found = [(part, part.text(context)) for part in PARTS if part.text is not None]
    return [(part.name, text) for part, text in found if text not in ("", part.default)]
