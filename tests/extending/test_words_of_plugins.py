"""Names and spellings that a plug-in cannot register, each refused in a line where it is registered."""

from __future__ import annotations

import pytest

from nos_sym.backends.latex import form
from nos_sym.backends.spelling import TABLES, spell
from nos_sym.errors import RenderError, RuleError
from nos_sym.language.operation import Meaning, Operation, Role
from nos_sym.language.registry import REGISTRY, register


def operation(name: object) -> Operation:
    return Operation(
        name=name,  # type: ignore[arg-type]
        title="t", computes="c", source="s", arity=1, role=Role.ELEMENTWISE, standard=True,
        meaning=Meaning(reference=lambda xp, x: x), noun="n",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["class", "none", "nesterov", "schedule", "if", "None", "a b", "", None, 3])
def test_names_that_no_rule_could_have(name: object) -> None:
    with pytest.raises(RuleError, match=r"cannot name an operation"):
        register(operation(name))
    assert name not in REGISTRY


@pytest.mark.parametrize("text", ["f({0}", "f({0}))", "f[{0})", "{0}{{", "{0}\nimport os", "{0}\n", "{0}\r"])
def test_spellings_that_would_break_a_file(text: str) -> None:
    with pytest.raises(RenderError, match=r"a line end; expected one line|without another; close it"):
        spell("a backend of nobody", "tanh", text)
    assert not TABLES.pop("a backend of nobody")


def test_templates_that_would_break_a_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(form._TABLE, "tanh", raising=False)
    for text in (r"\f{{{0}", "{0}\n", "{0}}}"):
        with pytest.raises(RenderError, match=r"a line end; expected one line|without another; close it"):
            form.write("tanh", text)
    form.write("tanh", r"\left[{0}\right) \{{ \}}")
    assert form._TABLE.pop("tanh").template == r"\left[{0}\right) \{{ \}}"
