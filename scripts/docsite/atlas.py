"""The page of the atlas: what ``atlas/atlas.json`` has, in tables; a line where there is none."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from docsite.markdown import code, table, text
from nos_sym.atlas.atlas import Atlas, read_atlas
from nos_sym.atlas.entry import BEYOND, LIFTED, Entry
from nos_sym.atlas.page import page_of, short

HEAD = """\
# Atlas

The atlas is a map of the optimizers that libraries ship: which of them are the same optimizer under two
names, which differ, and at which step they part. Each rule was read off the code of its library while it ran,
and run beside it.
"""

WITHOUT = """\
This build has no atlas: the checkout that it was made from has no file `atlas/atlas.json`. What the atlas
would say of two optimizers, you can ask directly. These two are one optimizer, proved:

~~~sh
nos-sym equal torch.optim.Adam optax.adam
~~~

[Compare two implementations](how-to/compare-implementations.md) goes on from there. The
[gallery](gallery/index.md) has every optimizer of torch.optim, Keras, optax and pytorch_optimizer that the
catalog covers, each with its relatives.
"""

FAMILIES = """\
## One optimizer under several names

Each line is proved: at equal settings, on every history. What both have is given one value; what one alone
has is at its default, and a decay of the weights that one alone has is 0. *In part* means that the code has
other ways, which its rule leaves out: parameters of three axes, the loss of a closure, states of 8 bits.
"""

OPTIMIZERS = """\
Distances are measured over seven histories, as parts of how far the weights move; a step is counted from 0.
An error is the largest relative one of the rule beside the library's code in float64.
"""


def page(root: Path) -> str:
    """Return the page.

    Raises:
        AtlasError: the file is no atlas.
    """
    file = root / "atlas" / "atlas.json"
    if not file.is_file():
        return f"{HEAD}\n{WITHOUT}"
    atlas = read_atlas(file)
    return (
        "\n\n".join([HEAD, _summary(atlas), FAMILIES, _families(atlas), *_libraries(atlas), *_pictures(root)])
        + "\n"
    )


def _summary(atlas: Atlas) -> str:
    counts = atlas.counts()
    beyond = counts.get(BEYOND, 0)
    versions = ", ".join(f"{name} {version}" for name, version in atlas.versions.items() if name != "nos-sym")
    return (
        f"{counts.get(LIFTED, 0)} of the {counts['all'] - beyond} optimizers that a rule can say are lifted "
        f"and verified, {counts['lifted whole']} of them for parameters of every shape; {beyond} others "
        "call the loss, estimate a Hessian, decompose matrices, draw random numbers or wrap another "
        f"optimizer. Versions: {text(versions)}. [The whole atlas](atlas/index.html) has every rule with its "
        "states, what is proved of it and its nearest relatives; [how it is made](making-an-atlas.md)."
    )


def _families(atlas: Atlas) -> str:
    rows = [
        [", ".join(f"{_link(entry.name)}{' *(in part)*' if entry.special else ''}" for entry in family)]
        for family in atlas.families()
        if len(family) > 1
    ]
    return table(["the same optimizer"], rows)


def _libraries(atlas: Atlas) -> Iterable[str]:
    for library in dict.fromkeys(entry.library for entry in atlas.entries):
        entries = [entry for entry in atlas.entries if entry.library == library]
        lifted = [entry for entry in entries if entry.rule]
        yield f"## {text(library)} {text(entries[0].version)}"
        yield OPTIMIZERS
        yield table(
            ["optimizer", "states", "error", "nearest other", "distance", "apart after"], map(_row, lifted)
        )
        missing = [entry for entry in entries if not entry.rule]
        if missing:
            yield f"### Not lifted: {text(library)}"
            yield table(["optimizer", "why"], [[code(entry.name), text(entry.reason)] for entry in missing])


def _row(entry: Entry) -> list[str]:
    size = "?" if entry.bytes is None else f"{entry.bytes:g}"
    states = f"{len(entry.states)}, {size} B"
    error = "not verified" if not entry.counts else "" if entry.error is None else short(entry.error)
    near = entry.relatives[0] if entry.relatives else None
    beside = ["", "", ""] if near is None else [
        _link(near.name), short(near.distance), "never" if near.step is None else f"step {near.step}",
    ]  # fmt: skip
    return [_link(entry.name), states, error, *beside]


def _link(name: str) -> str:
    return (
        f"[{text(name)}](atlas/index.html#{name})"
        if name.replace(".", "").replace("_", "").isalnum()
        else text(name)
    )


def pictures(root: Path) -> dict[str, bytes]:
    """Return the pictures beside the file and its page, by their places below ``docs/``."""
    found = {f"atlas/{path.name}": path.read_bytes() for path in _beside(root)}
    file = root / "atlas" / "atlas.json"
    if file.is_file():
        drawn = next((content for name, content in found.items() if name.endswith(".svg")), None)
        found["atlas/index.html"] = page_of(read_atlas(file), drawn).encode()
    return found


def _beside(root: Path) -> list[Path]:
    folder = root / "atlas"
    return sorted(p for p in folder.iterdir() if p.suffix in (".svg", ".png")) if folder.is_dir() else []


def _pictures(root: Path) -> list[str]:
    shown = [f"![Families of optimizers](atlas/{path.name})" for path in _beside(root)]
    return ["## Families", *shown] if shown else []
