"""The catalog: the paper's and well-known rules, in the project's own syntax, in the files beside this one.

Only the statement that is asked for is parsed, because ``nos-sym render Opt4`` must be fast: the files are
scanned for lines that begin ``Name =``. Names alone need no parser, and who completes one in a shell waits
for it, so the language is imported when an entry is first asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from functools import lru_cache
from pkgutil import get_data
from typing import TYPE_CHECKING, NamedTuple

from nos_sym.errors import CatalogError, SourceError, described, quoted

if TYPE_CHECKING:
    from nos_sym.language.block import Block
    from nos_sym.language.rule import Rule, Schedule

GROUPS = (
    "discovered", "adam_variants", "schedules", "training_schedules", "baselines", "torch", "keras", "optax",
    "pytorch_optimizer",
)  # fmt: skip
"""Files of the catalog, without ``.nos``, in the order in which they are listed.

The last four hold the optimizers of libraries, each in the file of the library whose convention it is.
"""

_STATEMENT = re.compile(r"^([A-Za-z][A-Za-z_0-9]*) *(?:\([^)=]*=[^{~]*\))? *=\s*(?:[a-z]+ |\{)", re.MULTILINE)


_READING: ContextVar[tuple[str, ...]] = ContextVar("reading", default=())
"""Entries that are being read, each applied by the one before it."""


class _Place(NamedTuple):
    group: str
    statement: str
    note: str


def names() -> tuple[str, ...]:
    """Return the names of all entries, in the order of the files."""
    return tuple(_places())


def entry(name: str) -> Rule | Block | Schedule:
    """Return the rule or schedule of a name, for example ``entry("Opt4")``.

    Raises:
        CatalogError: there is no such name; the message has the nearest one.
    """
    if not isinstance(name, str):
        raise CatalogError(f"expected a name of the catalog such as 'Opt4', not {described(name)}")
    return _parsed(name, _place(name).statement)


class _Entries:
    """The catalog as what a parser looks up: see :class:`nos_sym.language.application.Library`."""

    def find(self, name: str) -> Rule | Block | Schedule | None:
        """Return the entry of a name; ``None`` where there is none."""
        return entry(name) if name in _places() else None

    def names(self) -> Iterable[str]:
        """Return the names of all entries."""
        return names()

    def meant(self, text: str) -> str:
        """Return nothing: what names of libraries mean is said elsewhere."""
        del text
        return ""

    def with_setting(self, name: str, setting: str) -> str:
        """Return nothing: which entries are alike is said elsewhere."""
        del name, setting
        return ""


LIBRARY = _Entries()
"""The catalog for parsers, to whom :mod:`nos_sym.faces.parsing` also says what libraries call the entries."""


def entries() -> Iterator[Rule | Block | Schedule]:
    """Yield every rule and schedule, in the order of the files."""
    return (entry(name) for name in names())


def group_of(name: str) -> str:
    """Return the group of an entry, one of :data:`GROUPS`.

    Raises:
        CatalogError: there is no such name.
    """
    return _place(name).group


def text_of(name: str) -> str:
    """Return the text of an entry as it stands in its file, which is found without reading it as a rule.

    Raises:
        CatalogError: there is no such name.
    """
    return _place(name).statement


def note_on(name: str) -> str:
    """Return the comment above an entry as one paragraph, empty where there is none.

    Raises:
        CatalogError: there is no such name.
    """
    return _place(name).note


def _place(name: str) -> _Place:
    places = _places()
    if name not in places:
        from nos_sym.language.hints import did_you_mean

        hint = did_you_mean(name, places)
        raise CatalogError(f"{quoted(name)} is not in the catalog{hint or '; nos-sym list shows what is'}")
    return places[name]


@lru_cache(maxsize=1)
def _places() -> dict[str, _Place]:
    """Return where each entry stands, from a scan of the files that parses nothing."""
    found: dict[str, _Place] = {}
    for group in GROUPS:
        data = get_data(__name__, f"{group}.nos")
        assert data is not None  # every way to import a package can read its files
        text = data.decode().replace("\r\n", "\n")
        starts = list(_STATEMENT.finditer(text))
        ends = [*(match.start() for match in starts[1:]), len(text)][: len(starts)]
        for match, end in zip(starts, ends, strict=True):
            if match[1] in found:
                raise CatalogError(f"the name '{match[1]}' stands twice in the catalog; rename one")
            found[match[1]] = _Place(group, text[match.start() : end], _note(text[: match.start()]))
    return found


def _note(above: str) -> str:
    """Return the comment lines that directly precede a statement, joined."""
    lines: list[str] = []
    for line in reversed(above.splitlines()):
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
    return " ".join(reversed(lines))


@lru_cache(maxsize=1024)
def _parsed(name: str, statement: str) -> Rule | Block | Schedule:
    from nos_sym.language.parser import parse_file

    around = _READING.get()
    if name in around:
        chain = " applies ".join((*around[around.index(name) :], name))
        raise CatalogError(f"an entry of the catalog applies itself: {chain}")
    token = _READING.set((*around, name))
    try:
        (rule,) = parse_file(statement, LIBRARY)
    except SourceError as error:
        raise CatalogError(f"entry '{name}' of the catalog cannot be read: {error}") from None
    finally:
        _READING.reset(token)
    return rule
