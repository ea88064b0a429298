"""Which rule a rendered file is of: a key that it carries, and what it saves with it.

The key is that of the rule's family (:func:`nos_sym.algebra.families.family_key`), which is the same whatever
values the settings have. What a file takes for settings, such as the coefficients of averages where a rule
names none, are settings here too.

Equal rules need not save the same: states may be exchanged or scaled, and settings have other names. So a
file carries a second digest, of the states under their names. How both are found is in
:mod:`nos_sym.codegen.key_digests`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from importlib.resources import files

from nos_sym.language.block import Block
from nos_sym.language.block_printer import print_block
from nos_sym.language.printer import print_expression
from nos_sym.language.rule import Rule, Schedule
from nos_sym.language.setting import setting_domain, setting_name

TABLE = "known_keys.json"
"""The keys of the catalog; :mod:`nos_sym.codegen.key_digests` writes it."""

LONGEST = 71
"""Characters of the text of a key, so that a class has it in one line of 88 columns."""

NO_KEY = "none"
"""What stands in a file that carries no key; no version begins so."""

DIGITS = 6
"""Characters of a digest that keep names apart: two of 100 names meet once in 3,000 searches."""

_KEY = r"[0-9]{1,6}\.[0-9]{1,6}:[0-9a-f]{24}"
_CARRIED = re.compile(rf'^ *(?:rule_key|RULE_KEY) = "({_KEY}(?:-[0-9a-f]{{6}})?(?: [ -~]*)?)"$', re.MULTILINE)
_DOCUMENTED = re.compile(rf"^Key: ({_KEY})$", re.MULTILINE)


def rule_key(rule: Rule | Block | Schedule) -> str:
    """Return the key of what is rendered of a rule, ``version:digest``, where the version is that of the
    algebra and of these modules.

    Equal keys of one version mean equal rules, after a renaming of their settings. Keys of two versions say
    nothing about each other.
    """
    if known := known_key(rule, {}, ordered=False):
        return known.partition("-")[0]
    from nos_sym.codegen.key_digests import family

    return family(rule)


def carried_key(rule: Rule | Block | Schedule, names: Mapping[str, str], *, ordered: bool) -> str:
    """Return the key that a file carries, which tells states under other names or scales apart, too.

    Args:
        rule: what is rendered.
        names: what states are called in a saved file, where that is not their name.
        ordered: whether they are saved in their order.
    """
    if known := known_key(rule, names, ordered=ordered):
        return known
    from nos_sym.codegen.key_digests import computed

    return computed(rule, names, ordered=ordered)


def known_key(rule: Rule | Block | Schedule, names: Mapping[str, str], *, ordered: bool) -> str:
    """Return what :func:`carried_key` does where the catalog has the rule, else an empty text.

    It is found by the text of the rule, without the values of its settings, so that neither the algebra nor
    NumPy is imported for it.
    """
    return _known().get(place_of(rule, names, ordered=ordered), "")


def place_of(rule: Rule | Block | Schedule, names: Mapping[str, str], *, ordered: bool) -> str:
    """Return where the table of keys has a rule: a digest of all that its key depends on."""
    text = repr((*body_of(rule), sorted(names.items()), ordered))
    return blake2b(text.encode(), digest_size=8).hexdigest()


def body_of(rule: Rule | Block | Schedule) -> tuple[list[str], list[tuple[str, str]]]:
    """Return what a rule says as texts, without its name and the values of its settings."""
    if isinstance(rule, Block):
        text = print_block(rule.named("", ""))
        body = ["block", text[text.index("{") :]]
    elif isinstance(rule, Schedule):
        body = ["schedule", print_expression(rule.factor)]
    else:
        body = [rule.momentum.value, str(rule.ascent), print_expression(rule.update)]
    return body, [(setting_name(n), str(setting_domain(n))) for n in rule.settings]


@lru_cache(maxsize=1)
def _known() -> dict[str, str]:
    found: dict[str, str] = json.loads(files(__package__).joinpath(TABLE).read_text(encoding="utf-8"))
    return found


def key_text(rule: Rule | Block | Schedule, key: str) -> str:
    """Return a key with as much of a rule behind it as fits, which tells a reader what the key is of."""
    words = " ".join(str(rule.named(rule.name, "")).split())
    text = f"{key} {words}"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3].rstrip()}..."


def digest_of(key: str) -> str:
    """Return the first characters of the digest of a key, which names can have."""
    return key.partition(":")[2][:DIGITS]


def keys_in(text: str) -> list[str]:
    """Return the keys that a rendered file carries, each with the rule behind it where the file says it.

    The text is searched, and nothing of it is run.
    """
    found = dict.fromkeys(match[1] for match in _CARRIED.finditer(text))
    return list(found or dict.fromkeys(match[1] for match in _DOCUMENTED.finditer(text)))
