"""Format strings that say how an operation is written are checked where they are registered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nos_sym.backends.latex import form
from nos_sym.backends.spelling import TABLES, spell
from nos_sym.errors import NosSymError
from nos_sym.language.authors import table

BACKENDS = ("torch", "tensorflow", "keras", "optax", "python", "c", "another")


@pytest.fixture(autouse=True)
def empty_tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(form, "_TABLE", {})
    monkeypatch.setattr(table, "TABLE", {})
    for backend in BACKENDS:
        monkeypatch.setitem(TABLES, backend, {})
    yield


SPELLINGS: list[tuple[str, dict[str, str], str]] = [
    ("tanh", {"general": "tanh()"}, "'tanh()', lacks the field '{0}'; it has to say every operand"),
    ("tanh", {"general": "tanh({0}, {1})"}, "has the field '{1}'; expected {0}"),
    ("tanh", {"general": "tanh({O})"}, "has the field '{O}'; expected {0}"),
    ("tanh", {"general": "tanh({})"}, "has the field '{}'; expected {0}"),
    ("tanh", {"general": "tanh({0.real})"}, "has the field '{0.real}'"),
    ("tanh", {"general": "tanh({0!r})"}, "has the field '{0!r}'"),
    ("tanh", {"general": "tanh({0:>9})"}, "has the field '{0:>9}'"),
    ("tanh", {"general": "tanh({0)"}, "is no format string: "),
    ("tanh", {"step": "tanh(x)"}, "the spelling 'step' of operation 'tanh' for"),
    (
        "tanh",
        {"general": "tanh({0})", "gurded": "tanh({0})"},
        "has no variant 'gurded'; expected one of guarded",
    ),
    ("add", {"general": "{0} + {0}"}, "lacks the field '{1}'"),
    ("drop", {"general": "drop({0}, {rat})"}, "has the field '{rat}'; expected {0}, {1}, {rate}, {co_rate}"),
    ("orth", {"general": "orth({0}, {steps})"}, "lacks the field '{1}'"),
    ("g", {"general": "g({0})"}, "has the field '{0}'; expected no field"),
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("operation", "given", "message"), SPELLINGS, ids=[str(x[1]) for x in SPELLINGS])
def test_spellings(backend: str, operation: str, given: dict[str, str], message: str) -> None:
    with pytest.raises(NosSymError) as caught:
        spell(backend, operation, **given)
    assert message in str(caught.value)
    assert f"'{backend}'" in str(caught.value)
    assert operation not in TABLES[backend]


def test_a_spelling_is_a_text() -> None:
    with pytest.raises(NosSymError, match="is of type int; expected a format string such as"):
        spell("torch", "tanh", 3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("operation", "template", "message"),
    [
        ("tanh", r"\tanh", "lacks the field '{0}'"),
        ("tanh", r"\tanh({0}, {1})", "has the field '{1}'"),
        ("tanh", r"\tanh{0:prodct}", "has the field '{0:prodct}'"),
        ("ema", r"\mathrm{ema}({0})", "has the field '{ema}'; expected {0}, {beta}, {co_beta}"),
    ],
)
def test_latex(operation: str, template: str, message: str) -> None:
    with pytest.raises(NosSymError) as caught:
        form.write(operation, template)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("operation", "text", "message"),
    [
        ("tanh", "tanh({0}, {1})", "has the field '{1}'"),
        ("tanh", "tanh({0}, {rate})", "has the field '{rate}'"),
    ],
)
def test_the_authors_syntax(operation: str, text: str, message: str) -> None:
    with pytest.raises(NosSymError) as caught:
        table.write(operation, update=text)
    assert message in str(caught.value)
    assert operation not in table.TABLE
