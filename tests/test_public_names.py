"""The names that ``import nos_sym`` offers."""

from __future__ import annotations

import pytest

import nos_sym


@pytest.mark.parametrize("name", nos_sym.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(nos_sym, name) is not None
    assert name in dir(nos_sym)


def test_every_public_error_is_a_nos_sym_error() -> None:
    for error in (nos_sym.SourceError, nos_sym.RuleError, nos_sym.RenderError, nos_sym.CatalogError):
        assert issubclass(error, nos_sym.NosSymError)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'prase'"):
        _ = nos_sym.prase  # type: ignore[attr-defined]


def test_text_to_source_in_two_calls() -> None:
    rule = nos_sym.parse("Opt7 = none ~ tanh([max(a6, a10)] arcsinh(qhm(0.7)))")
    assert rule == nos_sym.catalog.entry("Opt7")
    for backend in nos_sym.BACKENDS:
        assert "Opt7" in nos_sym.render(rule, backend)
