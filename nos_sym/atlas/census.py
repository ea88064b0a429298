"""Which optimizers the atlas is about: by library, with those that no rule of the language says."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import metadata
from importlib.resources import files
from typing import Any

from nos_sym.errors import NosSymError, quoted
from nos_sym.language.hints import did_you_mean


class AtlasError(NosSymError):
    """An atlas that cannot be made or read: one line."""


@dataclass(frozen=True, slots=True)
class Original:
    """An optimizer of a library.

    Attributes:
        distribution: the library, as it is installed.
        module: where the optimizer stands.
        name: of the class or function.
        arguments: what it cannot be made without, and what turns off a part that no rule says.
        reason: why no rule of the language says it; empty where one may.
    """

    distribution: str
    module: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""

    @property
    def target(self) -> str:
        """What is lifted, ``torch.optim:Adam``."""
        return f"{self.module}:{self.name}"

    @property
    def title(self) -> str:
        """The qualified name, ``torch.optim.Adam``."""
        return f"{self.module}.{self.name}"


@lru_cache(maxsize=1)
def census() -> tuple[Original, ...]:
    """Return all optimizers of the atlas, library by library."""
    data = tomllib.loads(files(__package__).joinpath("census.toml").read_text(encoding="utf-8"))
    return tuple(
        Original(
            library["distribution"],
            library["module"],
            name,
            library.get("arguments", {}).get(name, {}),
            library.get("reasons", {}).get(name, ""),
        )
        for library in data["library"]
        for name in library["names"]
    )


def libraries() -> tuple[str, ...]:
    """Return the distributions of the census."""
    return tuple(dict.fromkeys(original.distribution for original in census()))


def version_of(distribution: str) -> str | None:
    """Return the version of a library that is installed; ``None`` where it is not."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def chosen(names: Iterable[str]) -> tuple[Original, ...]:
    """Return the optimizers of some names: of libraries, modules, or optimizers as ``torch.optim.Adam``.

    Raises:
        AtlasError: a name is none of them.
    """
    wanted = list(names)
    every = census()
    if not wanted:
        return every
    found: dict[str, Original] = {}
    for name in wanted:
        here = [x for x in every if name in (x.distribution, x.module, x.title, x.target)]
        if not here:
            known = [*libraries(), *(x.title for x in every)]
            hint = did_you_mean(name, known) or f"; expected {', '.join(libraries())}, or an optimizer of one"
            raise AtlasError(f"the atlas has no {quoted(name, 60)}{hint}")
        found |= {x.title: x for x in here}
    return tuple(found.values())
