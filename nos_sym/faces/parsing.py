"""Reading rules that may apply those of the catalog: what ``nos_sym.parse`` and the commands read by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from nos_sym import catalog
from nos_sym.errors import RuleError, quoted
from nos_sym.faces.face import Face
from nos_sym.faces.finding import faces
from nos_sym.faces.relations import equals_of
from nos_sym.language import parser
from nos_sym.language.application import Library, form_of
from nos_sym.language.block import Block
from nos_sym.language.hints import did_you_mean
from nos_sym.language.rule import Rule, Schedule
from nos_sym.language.setting import setting_name

_QUALIFIED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")


class _Named(Library):
    """The catalog, with what is known of the names that libraries have for its entries."""

    def find(self, name: str) -> Rule | Block | Schedule | None:
        """Return the entry of a name; ``None`` where there is none."""
        return catalog.LIBRARY.find(name)

    def names(self) -> Iterable[str]:
        """Return the names of all entries."""
        return catalog.names()

    def meant(self, text: str) -> str:
        """Return what to write for ``torch.optim.Adam(g, amsgrad=True)``, which is ``AMSGradTorch(g)``."""
        match = _QUALIFIED.match(text)
        if match is None:
            return ""
        name = match[0]
        found = [face for face in faces() if _alike(face.name, name)]
        if found:
            call = _parentheses(text[match.end() :])
            entry = max(found, key=lambda face: _flags_in(call, face)).entry
            if why := _why_not_applied(entry):
                return f"{name} is '{entry}' in the catalog and cannot be applied: {why}"
            settings = ", ".join(_settings(entry))
            more = f", whose settings are {settings}" if settings else ""
            return f"{name} is '{entry}' in the catalog; write '{entry}(g)'{more}"
        module = name.rpartition(".")[0]
        if "." in module and any(face.name.startswith(f"{module}.") for face in faces()):
            hint = did_you_mean(name, {face.name for face in faces()})
            hint = hint or f"; nos-sym list {name.partition('.')[0]} shows those of the library"
            return f"{quoted(name)} is not among the optimizers of libraries here{hint}"
        return ""

    def with_setting(self, name: str, setting: str) -> str:
        """Return an entry that is equal to one at the defaults and has a setting that it lacks."""
        return like_it_with(name, setting, lambda other: not _why_not_applied(other))


def like_it_with(name: str, setting: str, takes: Callable[[str], bool] = bool) -> str:
    """Return which entry is equal to one at the defaults and has a setting that it lacks, as a message's end.

    Args:
        name: of an entry; nothing is said of another rule.
        setting: the name of what it lacks.
        takes: whether an entry serves.
    """
    if name not in catalog.names():
        return ""
    others = {other: settings for other in equals_of(name) if (settings := _settings(other))}
    for other, settings in others.items():
        if setting in settings and takes(other):
            return f"; '{other}', the same at the defaults, has it"
    for other, settings in others.items():
        if not _settings(name) and takes(other):
            return f"; '{other}', the same at the defaults, has {', '.join(settings)}"
    return ""


def _why_not_applied(entry: str) -> str:
    """Return why an entry is no function of a gradient, empty where it is one."""
    try:
        form_of(catalog.entry(entry))  # type: ignore[arg-type]
    except RuleError as error:
        return str(error)
    return ""


def _alike(name: str, given: str) -> bool:
    """Return whether a text is a qualified name, or that with more or less before it."""
    return f".{given}".endswith(f".{name}") or f".{name}".endswith(f".{given}")


def _parentheses(text: str) -> str:
    """Return what stands in the parentheses that a text begins with."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth <= 0 and not sign.isspace():
            return text[:place]
    return text


def _flags_in(call: str, face: Face) -> int:
    """Return how many of the flags of a face are given in a call; -1 where one is not."""
    given = [re.search(rf"\b{name}\s*=\s*{re.escape(repr(x))}", call) for name, x in face.flags.items()]
    return len(given) if all(given) else -1


def _settings(entry: str) -> list[str]:
    return [setting_name(node) for node in catalog.entry(entry).settings]


LIBRARY = _Named()
"""The catalog for parsers: ``parse("none ~ Adam(clip_norm(g))", LIBRARY)``."""


def parse(text: str) -> Rule | Block:
    """Read one rule, for example ``"none ~ tanh(g)"`` or ``"Opt = nesterov ~ v_hat / sqrt(s_hat)"``.

    A rule of the catalog is applied as a function of what stands in place of its gradient, with settings by
    name: ``"none ~ Adam(clip_norm(g))"`` is Adam of clipped gradients.

    Raises:
        SourceError: what was wrong, where, what was expected and what to do, in one line.
    """
    return parser.parse(text, LIBRARY)


def parse_file(text: str) -> list[Rule | Block | Schedule]:
    """Read every rule and schedule of a text, in order; names must differ.

    A rule may apply those above it in the text, and those of the catalog.

    Raises:
        SourceError: also for a text without any rule.
    """
    return parser.parse_file(text, LIBRARY)
