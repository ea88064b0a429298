"""The pages of the gallery: an index, a page a group of the catalog, a page an entry."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

from docsite.entries import gathered
from docsite.markdown import block, code, relative, table, text

HEAD = """\
# Gallery

Every optimizer and every learning-rate schedule of the catalog, with its equation, a picture, and what is
known of it. Nothing here is written by hand: equations come from the rules, and each line of a data sheet
is either *proved* or *measured*, and says which. [Data sheets](../explain.md) explains the lines; the same
sheet for a rule of your own is `nos-sym explain 'none ~ tanh(v_hat)'`.

In the pictures of optimizers, each gradient from -3 to 3 has been the same at every step; the curve is what
the optimizer then does to a weight of 1, at a learning rate of 1, at the first, the tenth and the hundredth
of 100 steps. In the pictures of schedules, a training of 1,000 steps goes from left to right.
"""

NOTES = (
    "*State* is the memory per weight in float32. *Largest step* is a proved bound on how far one step moves "
    "a weight, in learning rates; an empty cell says that no bound was found, not that there is none."
)

GROUPS = {
    "discovered": (
        "Discovered optimizers",
        "What the search of Morgan and Hougen (2024) found: their Table 8.",
    ),
    "adam_variants": ("Adam variants", "What a search that began with Adam found: their Table 9."),
    "schedules": ("Discovered schedules", "The learning-rate schedules within these: their Table 10."),
    "training_schedules": ("Schedules in use", "Warm-ups, decays and cycles that libraries offer."),
    "baselines": ("Well-known optimizers", "As the papers and the search space write them."),
    "torch": ("torch.optim", "The optimizers of PyTorch, as PyTorch computes them."),
    "keras": ("Keras", "The optimizers of Keras, as Keras computes them."),
    "optax": ("optax", "The optimizers of optax, as optax computes them."),
    "pytorch_optimizer": ("pytorch_optimizer", "Optimizers of pytorch_optimizer, as it computes them."),
}
"""Title and first sentence of each group."""


def pages(root: Path) -> dict[str, str]:
    """Return the pages and the files that they link to, by their places below ``docs/``."""
    entries = gathered(root)
    links = {entry["name"]: place_of(entry) for entry in entries}
    rows, found = [], {}
    for group, (title, said) in GROUPS.items():
        own = [entry for entry in entries if entry["group"] == group]
        rows.append((f"[{title}]({group}.md)", str(len(own)), text(said)))
        found[f"gallery/{group}.md"] = _group(title, said, own)
        for entry in own:
            found[place_of(entry)] = page(entry, links, root)
    assert len(found) == len(entries) + len(GROUPS), "an entry of the catalog is in no group of the gallery"
    index = f"{HEAD}\n{table(('Group', 'Entries', 'What it is'), rows)}"
    return {"gallery/index.md": index, **found}


def place_of(entry: dict[str, Any]) -> str:
    """Return the page of an entry, as a path below ``docs/``."""
    return f"gallery/{entry['group']}/{entry['name']}.md"


def _group(title: str, said: str, entries: list[dict[str, Any]]) -> str:
    if all(entry["schedule"] for entry in entries):
        head = ("Name", "Schedule", "In libraries")
        rows = [(_link(e), e["equation"], _called(e)) for e in entries]
    else:
        head = ("Name", "Update", "State", "Largest step", "In libraries")
        rows = [(_link(e), _update(e), _bytes(e), _bound(e), _called(e)) for e in entries]
    if not any(row[-1] for row in rows):
        head, rows = head[:-1], [row[:-1] for row in rows]
    notes = NOTES if "State" in head else ""
    return f"---\nhide: [toc]\n---\n\n# {title}\n\n{said} {notes}\n\n{table(head, rows)}"


def _link(entry: dict[str, Any]) -> str:
    return f"[{text(entry['name'])}]({entry['group']}/{entry['name']}.md)"


def _update(entry: dict[str, Any]) -> str:
    """Return the update in a line; of a block, which has several, the first sentence of its note."""
    return entry["short"] or text(re.split(r"[.:;](?: |$)", entry["note"])[0]) or "*a block*"


def _called(entry: dict[str, Any]) -> str:
    return "<br>".join(code(name) for name in entry["libraries"][:3])


def _line(entry: dict[str, Any], key: str) -> dict[str, Any] | None:
    lines = entry["sheet"]["lines"] if entry["sheet"] else []
    return next((line for line in lines if line["key"] == key), None)


def _bytes(entry: dict[str, Any]) -> str:
    line = _line(entry, "states")
    return f"{line['data']['bytes_per_weight']} bytes" if line else ""


def _bound(entry: dict[str, Any]) -> str:
    line = _line(entry, "bound")
    if line is None or not isinstance(line["data"].get("high"), int | float):
        return ""
    return f"{max(abs(line['data']['low']), abs(line['data']['high'])):.4g}"


def page(entry: dict[str, Any], links: dict[str, str], root: Path) -> str:
    """Return the page of an entry.

    Args:
        entry: what is shown.
        links: the pages of all entries.
        root: the checkout, which has some entries rendered.
    """
    title = GROUPS[entry["group"]][0]
    parts = ["---\nsearch: { boost: 0.5 }\n---"]
    parts += [f"[Gallery](../index.md) / [{title}](../{entry['group']}.md)", f"# {text(entry['name'])}"]
    parts += [text(entry["note"])] if entry["note"] else []
    parts += [f"*{text(entry['source'])}*"] if entry["source"] else []
    if entry["libraries"]:
        parts.append("In libraries: " + ", ".join(code(name) for name in entry["libraries"]))
    parts.append(
        _boxed("nos-equation", entry["equation"]) if entry["equation"] else block(entry["latex"], "latex")
    )
    parts.append(block(_wrapped(entry["text"]), "nos"))
    if entry["picture"]:
        caption = "Rate over the training, as a multiple of the base rate" if entry["schedule"] else (
            "Change of a weight of 1 against a gradient that stays the same, at a learning rate of 1"
        )  # fmt: skip
        parts.append(f"<figure>{entry['picture']}<figcaption>{caption}</figcaption></figure>")
    else:
        parts.append(f"There is no picture: {text(entry['why'])}.")
    if entry["sheet"]:
        parts += ["## Data sheet", _settings(entry), *_sheet(entry, links)]
    parts += ["## Use it", _use(entry, root)]
    parts.append(
        f'<details markdown="1"><summary>LaTeX</summary>\n\n{block(entry["latex"], "latex")}\n</details>'
    )
    return "\n\n".join(parts) + "\n"


def _boxed(name: str, inner: str) -> str:
    return f'<div class="{name}" tabindex="0" role="group" aria-label="Equation">{inner}</div>'


def _wrapped(rule: str) -> str:
    """Return a block of the language on lines of its own, as it is read."""
    return rule.replace("; ", "\n  ").replace("{ ", "{\n  ").replace(" }", "\n}") if "{ " in rule else rule


def _settings(entry: dict[str, Any]) -> str:
    settings = entry["sheet"]["settings"]
    if not settings:
        return "It has no settings."
    said = ", ".join(f"{name} = {value}" for name, value in settings.items())
    return f"With its settings at their defaults: {code(said)}."


def _sheet(entry: dict[str, Any], links: dict[str, str]) -> list[str]:
    parts = []
    for line in entry["sheet"]["lines"]:
        if line["key"] == "equation":
            continue
        basis = line["basis"]
        said = "<br>".join(_said(sentence) for sentence in line["says"])
        others = [name for name in line["data"].get("entries", []) if name in links]
        if others:
            here = place_of(entry)
            said += "<br>" + ", ".join(f"[{text(n)}]({relative(links[n], here)})" for n in others)
        by = f"<details><summary>{basis}</summary>{escape(line['shown_by'], quote=False)}.</details>"
        parts.append((f"**{text(line['title'])}**", said, f'<span class="nos-{basis}">{by}</span>'))
    return [table(("What", "Says", "Basis"), parts)]


def _said(sentence: str) -> str:
    return code(sentence) if "<-" in sentence else text(sentence)


def _use(entry: dict[str, Any], root: Path) -> str:
    name = entry["name"]
    stem = next(
        (p.stem for p in (root / "generated/torch").glob("*.py") if p.stem.replace("_", "") == name.lower()),
        "",
    )
    lines = [f"nos-sym render {name} > {stem or name.lower()}.py"]
    lines += [] if entry["schedule"] else [f"nos-sym explain {name}"]
    said = block("\n".join(lines), "sh")
    if stem:
        here = relative(f"gallery/files/{stem}.py", place_of(entry))
        said += f"\nThe file for PyTorch: [{stem}.py]({here})."
    return said


def files(root: Path) -> dict[str, bytes]:
    """Return the rendered files that pages link to, by their places below ``docs/``."""
    found = sorted((root / "generated/torch").glob("*.py"))
    return {f"gallery/files/{path.name}": path.read_bytes() for path in found}
