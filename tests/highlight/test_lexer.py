"""The Pygments lexers: every word by the registry, every character kept, and known by their names."""

from __future__ import annotations

import importlib
import time
import tomllib
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from pygments.token import Comment, Error, Keyword, Name, String
from support.plugins import add_metadata, install, python

from nos_sym import catalog
from nos_sym.errors import NosSymError
from nos_sym.highlight.lexer import AuthorsLexer, NosLexer
from nos_sym.highlight.painting import painted_lines
from nos_sym.language.authors.printer import print_authors
from nos_sym.language.authors.table import TABLE, call_of
from nos_sym.language.operands import BY_NAME
from nos_sym.language.operation import Role
from nos_sym.language.registry import ALIASES, REGISTRY
from nos_sym.language.reserved import KEYWORDS
from nos_sym.language.rule import Rule

BLOCK = """\
# none ~ g is no rule here
Heavy(beta=0.9 in [0, 1)) = {
    state m
    m <- \u03b2 * m + tanh(ema_hat(g, 0.9)) \u00b7 [a4] w\u00b2
    w <- w - lr * where(m > 1e-3, m, 0)
}
Two = nesterov ascent ~ qhm(0.7) / (\u221as_hat + 1e-8) from "Table 8"
"""


def kinds(text: str) -> dict[str, object]:
    return {value: kind for _, kind, value in NosLexer().get_tokens_unprocessed(text)}


def test_words_are_colored_by_what_they_mean() -> None:
    found = kinds(BLOCK)
    assert found["# none ~ g is no rule here"] is Comment.Single
    assert found["Heavy"] is found["Two"] is Name.Class
    assert found["nesterov"] is found["ascent"] is Keyword
    assert found["g"] is found["w"] is found["s_hat"] is Name.Builtin.Pseudo
    assert found["a4"] is found["lr"] is Name.Constant
    assert found["tanh"] is found["ema_hat"] is found["qhm"] is Name.Function
    assert found["m"] is found["beta"] is Name
    assert found['"Table 8"'] is String.Double
    assert Error not in found.values()


def test_every_word_of_the_registry_is_known() -> None:
    assert {word for word in KEYWORDS if kinds(word)[word] is not Keyword.Reserved} == set()
    words = {name: operation.role for name, operation in REGISTRY.items()}
    words |= {alias: REGISTRY[name].role for alias, name in ALIASES.items()}
    for word, role in words.items():
        if word in KEYWORDS:
            continue
        assert (kinds(word)[word] is Name.Function) == (role is not Role.LEAF and word not in BY_NAME)


def test_no_entry_of_the_catalog_has_an_error() -> None:
    for name in catalog.names():
        text = catalog.text_of(name)
        tokens = list(NosLexer().get_tokens_unprocessed(text))
        assert "".join(value for _, _, value in tokens) == text
        assert [value for _, kind, value in tokens if kind is Error] == []
        assert NosLexer.analyse_text(text) > 0 or "{" in text


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_no_character_is_changed(text: str) -> None:
    for lexer in (NosLexer(), AuthorsLexer()):
        tokens = list(lexer.get_tokens_unprocessed(text))
        assert "".join(value for _, _, value in tokens) == text
        assert [start for start, _, _ in tokens] == sorted({start for start, _, value in tokens if value})


def test_the_log_of_the_authors_has_a_lexer() -> None:
    for rule in catalog.entries():
        if isinstance(rule, Rule) and catalog.group_of(rule.name) == "discovered":
            try:
                text = print_authors(rule)
            except NosSymError:  # not everything can be said there
                continue
            tokens = list(AuthorsLexer().get_tokens_unprocessed(text))
            assert tokens[0][1:] == (Keyword, text.split()[0])
            assert [value for _, kind, value in tokens if kind is Error] == []
    calls = {
        call.name for form in TABLE.values() for text in (form.update, form.decay) if (call := call_of(text))
    }
    found = {value: kind for _, kind, value in AuthorsLexer().get_tokens_unprocessed(" ".join(calls))}
    assert {name for name in calls if found[name] is not Name.Function} == set()


def test_the_entry_points_name_the_lexers(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = project["entry-points"]["pygments.lexers"]
    loaded = {}
    for name, place in points.items():
        module, attribute = place.split(":")
        loaded[name] = getattr(importlib.import_module(module), attribute)
    assert loaded == {"nos": NosLexer, "nos-log": AuthorsLexer}
    assert all(name in lexer.aliases for name, lexer in loaded.items())


def test_pygments_finds_the_lexers_and_operations_of_plugins(tmp_path: Path, repository: Path) -> None:
    install(tmp_path, "sinh")
    points = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "entry-points"
    ]
    add_metadata(tmp_path, "nos-sym-lexers", {"pygments.lexers": points["pygments.lexers"]})
    code = (
        "from pygments.lexers import get_lexer_by_name, guess_lexer_for_filename\n"
        "lexer = get_lexer_by_name('nos')\n"
        "tokens = {value: str(kind) for kind, value in lexer.get_tokens('none ~ sinh(unknown)')}\n"
        "print(tokens['sinh'], tokens['unknown'], guess_lexer_for_filename('x.nos', 'none ~ g').name)\n"
    )
    found = python(["-c", code], tmp_path, repository)
    assert (found.stdout, found.stderr) == ("Token.Name.Function Token.Name nos-sym\n", "")


def test_a_text_is_read_in_time_that_grows_with_its_length() -> None:
    """Each of these took seconds to minutes where a pattern could read it in many ways."""
    blanks = " " * 100_000
    texts = (
        f"a{blanks}=", f"none{blanks}", "\nA(" * 10_000, "A = " + "\n" * 20_000, "a" * 40_000,
        "A(" + "[a]" * 5_000, "A([a)" * 5_000,
    )  # fmt: skip
    for text in texts:
        start = time.perf_counter()
        found = list(NosLexer().get_tokens_unprocessed(text))
        NosLexer.analyse_text(text)
        painted_lines(text)
        assert time.perf_counter() - start < 5, text[:20]
        assert "".join(value for _, _, value in found) == text


def test_the_name_of_a_head_is_one_with_settings_over_lines() -> None:
    for head in (
        "Mine(a=1,\n  b=0.9 in [0, 1))  = {",
        "Mine = none ~",
        "Mine (a=1) = nesterov ascent ~",
        "Mine={",
    ):
        assert kinds(head)["Mine"] is Name.Class
