"""What is offered to who completes a word: names of the catalog and of libraries, files, rules of a file.

Nothing here reads a rule: who completes a word waits for it, and the language takes longer to import than
everything else. Names and settings are found by their looks, and ``tests/cli/test_offers.py`` compares them
with what the language reads.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from nos_sym.cli.choices import LANGUAGE_GROUPS, LIBRARIES

Items = list[CompletionItem[str]]

# Texts: to compile them takes longer than most completions, and few need one.
_FACE = r'(?m)^name = "([\w.]+)"'
_NAMED = r"(?m)^([A-Za-z]\w*)[ \t]*(?:\(([^{~]*)\))?[ \t]*=\s*(?:\{|\w+(?:[ \t]+\w+)?[ \t]*~)"
_SETTING = r"([A-Za-z_]\w*)\s*=\s*(-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
_READ = 1 << 20
"""Characters of a file that are looked at."""


def beginning(names: Iterable[str], word: str, said: str = "", kind: str = "plain") -> Items:
    """Return the names that begin with a word; whatever their case, where none has the case of the word."""
    every = list(dict.fromkeys(names))
    found = [name for name in every if name.startswith(word)]
    found = found or [name for name in every if name.lower().startswith(word.lower())]
    return [CompletionItem(name, kind, said or None) for name in found]


def targets(word: str, *, schedules: bool = False) -> Items:
    """Return what a TARGET may go on as: a name, or a file; the shell completes files if there is no name.

    Args:
        word: what was typed of it.
        schedules: whether only schedules are meant.
    """
    from nos_sym import catalog

    file, colon, rule = word.rpartition(":")
    if colon and Path(file).is_file():
        return [
            CompletionItem(f"{file}:{item.value}", help=item.help) for item in beginning(rules_of(file), rule)
        ]
    names = [name for name in catalog.names() if not schedules or name in schedule_names()]
    # The tables of libraries are read where one may be meant.
    meant = any(f"{root}.".startswith(word) or word.startswith(f"{root}.") for root in LIBRARIES)
    every = [*names, *(library_names() if word and meant and not schedules else ())]
    same_case = [name for name in every if name.startswith(word)]
    files = _files(word)
    found = [
        CompletionItem(name, help=_said_of(name)) for name in same_case or _beginning(every, word, files)
    ]
    return [*found, *files] if found else [CompletionItem(word, type="file")]


def _beginning(names: list[str], word: str, files: Items) -> list[str]:
    """Return the names that begin with a word but for its case, which files go before."""
    return [] if files else [name for name in names if name.lower().startswith(word.lower())]


def _said_of(name: str) -> str | None:
    from nos_sym import catalog

    return catalog.group_of(name).replace("_", " ") if "." not in name else None


def schedule_names() -> tuple[str, ...]:
    """Return the names of the schedules of the catalog."""
    from nos_sym import catalog

    return tuple(n for n in catalog.names() if catalog.group_of(n).endswith("schedules"))


@lru_cache(maxsize=1)
def library_names() -> tuple[str, ...]:
    """Return the qualified names of the optimizers of libraries."""
    import nos_sym.backends

    texts = [
        path.read_text(encoding="utf-8")
        for folder in nos_sym.backends.__path__
        for path in sorted(Path(folder).glob("*/faces/*.toml"))
    ]
    return tuple(dict.fromkeys(name for text in texts for name in re.findall(_FACE, text)))


def rules_of(file: str) -> tuple[str, ...]:
    """Return the names of the rules of a file."""
    return tuple(match[1] for match in re.finditer(_NAMED, _text(file)))


def settings_of(target: str) -> dict[str, str]:
    """Return the settings of a rule with their defaults; none where the text does not show them."""
    from nos_sym import catalog

    file, colon, rule = target.rpartition(":")
    if target in catalog.names():
        text = catalog.text_of(target)
    elif colon and Path(file).is_file():
        found = (match for match in re.finditer(_NAMED, _text(file)) if match[1] == rule)
        text = next((match[0] for match in found), "")
    elif Path(target).is_file():
        text = _text(target)
    else:
        text = target
    match = re.search(_NAMED, text)
    return dict(re.findall(_SETTING, match[2])) if match and match[2] else {}


def _text(file: str) -> str:
    with Path(file).open(encoding="utf-8", errors="replace") as opened:
        return opened.read(_READ)


def _files(word: str) -> Items:
    """Return the files and folders that a word may go on as, for a list that has other things, too."""
    folder, _, _ = word.rpartition("/")
    try:
        with os.scandir(folder or ("/" if word.startswith("/") else ".")) as entries:
            found = [(entry.name, entry.is_dir()) for entry in entries if not entry.name.startswith(".")]
    except OSError:
        return []
    head = word[: len(word) - len(word.rpartition("/")[2])]
    return [
        CompletionItem(f"{head}{name}/" if is_folder else f"{head}{name}", "part" if is_folder else "plain")
        for name, is_folder in sorted(found)
        if word and f"{head}{name}".startswith(word)
    ]


def given(ctx: click.Context, param: click.Parameter) -> dict[str, Any]:
    """Return what the words before the cursor give to a command.

    Click stops reading at an option that has no value yet, as the one whose value is completed, and leaves
    the arguments out; the words without it are read once more.
    """
    words = list(ctx.find_root().obj or ())
    if ctx.info_name not in words:
        return ctx.params
    own = words[words.index(ctx.info_name) + 1 :]
    if own and own[-1] in param.opts:
        own.pop()
    return ctx.command.make_context(ctx.info_name, own, resilient_parsing=True).params


def words_of_list(ctx: click.Context, param: click.Parameter, word: str) -> Items:
    """Complete the word that ``list`` looks for."""
    if given(ctx, param).get("language"):
        return beginning(LANGUAGE_GROUPS, word, "group")
    from nos_sym import catalog

    libraries = dict.fromkeys(name.rpartition(".")[0] for name in library_names())
    return [
        *beginning(catalog.GROUPS, word, "group"),
        *beginning(libraries, word, "library"),
        *(beginning(catalog.names(), word) if word else []),
    ]


def rules(ctx: click.Context, param: click.Parameter, word: str) -> Items:
    """Complete ``--rule``: the rules of the file that was given."""
    said = given(ctx, param)
    files = [said.get("target"), *(said.get("targets") or ())]
    return [
        item for file in files if file and Path(file).is_file() for item in beginning(rules_of(file), word)
    ]


def schedules(ctx: click.Context, param: click.Parameter, word: str) -> Items:
    """Complete ``--times``: schedules of the catalog."""
    del ctx, param
    return targets(word, schedules=True)


def files(ctx: click.Context, param: click.Parameter, word: str) -> Items:
    """Leave a word to the shell, which completes names of files."""
    del ctx, param
    return [CompletionItem(word, type="file")]
