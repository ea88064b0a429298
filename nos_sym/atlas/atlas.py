"""An atlas: entries with what they were computed by, as JSON; made, made anew in part, and read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nos_sym.atlas.census import AtlasError, chosen, version_of
from nos_sym.atlas.entry import BEYOND, Entry, entry_from_json
from nos_sym.atlas.lifting import in_order
from nos_sym.atlas.properties import with_properties
from nos_sym.atlas.relatives import related
from nos_sym.atlas.tree import Tree
from nos_sym.errors import quoted_path

FORMAT = "nos-sym atlas 1"
_LARGEST = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Atlas:
    """The atlas of some libraries.

    Attributes:
        versions: of the libraries, and of nos-sym.
        entries: in the order of the census.
        tree: their families, near ones together.
    """

    versions: dict[str, str]
    entries: tuple[Entry, ...]
    tree: Tree = field(default_factory=Tree)

    def families(self) -> list[list[Entry]]:
        """Return the classes of optimizers that are proved equal, those of one included."""
        found: dict[int, list[Entry]] = {}
        for entry in self.entries:
            if entry.family is not None:
                found.setdefault(entry.family, []).append(entry)
        return list(found.values())

    def counts(self) -> dict[str, int]:
        """Return how many optimizers there are of each status, and how many count as lifted."""
        by_status = Counter(entry.status for entry in self.entries)
        whole = sum(entry.counts for entry in self.entries)
        return {"all": len(self.entries), "lifted whole": whole, **by_status}

    @property
    def share(self) -> float:
        """Lifted and verified as a whole, as a part of those that a rule can say."""
        liftable = [entry for entry in self.entries if entry.status != BEYOND]
        return sum(entry.counts for entry in liftable) / len(liftable) if liftable else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the atlas as data for JSON."""
        return {
            "format": FORMAT,
            "versions": self.versions,
            "counts": self.counts(),
            "entries": [entry.to_json() for entry in self.entries],
            "tree": {"leaves": self.tree.leaves, "merges": self.tree.merges},
        }


def compared(entries: Sequence[Entry], told: Callable[[str], None] = lambda _: None) -> Atlas:
    """Return the atlas of entries that were lifted: put beside each other, with what is proved of each."""
    beside, tree = related(entries, told)
    libraries = dict.fromkeys(entry.library for entry in entries)
    versions = {name: version_of(name) or "" for name in ("nos-sym", *libraries)}
    return Atlas(versions, tuple(with_properties(beside, told)), tree)


def joined(old: Atlas, new: Iterable[Entry]) -> list[Entry]:
    """Return the entries of an atlas with some of them anew, in the order of the census."""
    fresh = {entry.name: entry for entry in new}
    kept = [entry for entry in old.entries if entry.name not in fresh]
    return in_order([*kept, *fresh.values()], chosen(()))


def read_atlas(path: Path) -> Atlas:
    """Return the atlas of a file.

    Raises:
        AtlasError: it cannot be read, or is none.
    """
    where = quoted_path(path)
    try:
        if path.stat().st_size > _LARGEST:
            raise AtlasError(f"{where} is too large for an atlas")
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AtlasError(f"{where} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise AtlasError(f"{where} is no JSON; expected what 'nos-sym atlas' writes") from None
    if (
        not isinstance(data, dict)
        or data.get("format") != FORMAT
        or not isinstance(data.get("entries"), list)
    ):
        raise AtlasError(f"{where} is no atlas; expected the format '{FORMAT}'")
    versions = data.get("versions", {})
    if not isinstance(versions, dict) or not all(isinstance(entry, dict) for entry in data["entries"]):
        raise AtlasError(f"{where} is no atlas; expected the format '{FORMAT}'")
    return Atlas(versions, tuple(entry_from_json(entry) for entry in data["entries"]), _tree(data, where))


def _tree(data: dict[str, Any], where: str) -> Tree:
    try:
        said = data.get("tree", {"leaves": [], "merges": []})
        leaves = tuple(tuple(str(name) for name in leaf) for leaf in said["leaves"])
        return Tree(leaves, tuple((int(a), int(b), float(height)) for a, b, height in said["merges"]))
    except (TypeError, ValueError, KeyError):
        raise AtlasError(f"{where} has a tree of another form than 'nos-sym atlas' writes") from None
