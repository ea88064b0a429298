"""Audits: what is proved equal, what parts where, and what is said of settings and defaults."""

from __future__ import annotations

import json

import pytest

import nos_sym
from nos_sym.auditing.audit import audit
from nos_sym.auditing.result import Audit
from nos_sym.auditing.side import AuditError
from nos_sym.errors import NosSymError

SQUARES = "{ state v; v <- 0.9*v + g^2; w <- w - lr*g*sqrt(v) }"
ROOTS = "{ state u; u <- sqrt(0.9*u^2 + g^2); w <- w - lr*g*u }"


def compared(a: object, b: object, *, for_all: bool = False, pairs: dict[str, str] | None = None) -> Audit:
    """Return an audit without a search for proofs, all of whose forms can be written."""
    found = audit(a, b, for_all=for_all, pairs=pairs, seconds=0)
    assert str(found)
    assert found.markdown()
    json.dumps(found.to_json(), allow_nan=False)
    return found


def test_epsilon_of_torch_and_keras_stands_at_two_places() -> None:
    found = compared("torch.optim.Adam", "keras.optimizers.Adam")
    assert not found
    assert found.verdict == found.at_own_defaults == "different"
    assert (
        str(found.agreement) == "where eps = 0.0, weight_decay = 0.0 for all beta1 in [0, 1), beta2 in [0, 1)"
    )
    assert found.parting is not None
    assert found.parting.at.step == 0
    assert "eps: the defaults differ, 1e-08 and 1e-07" in str(found)


def test_one_optimizer_of_two_libraries_is_proved_equal_with_a_checked_proof() -> None:
    found = audit("torch.optim.Adam", "optax.adam")
    assert found
    assert found.proof is not None
    assert nos_sym.check_proof(str(found.proof))
    assert found.agreement is not None
    assert {x.name: value for x, value in found.agreement.fixed} == {"A.weight_decay": 0, "B.eps_root": 0}
    assert [x.name for x in found.agreement.free] == ["beta1", "beta2", "eps"]
    assert found.parting is not None
    assert found.parting.where == "A.weight_decay = 0.01"


def test_what_is_equal_at_the_defaults_of_one_side_alone_is_different() -> None:
    found = compared("AdamTorch", "AdamWTorch")
    assert found.verdict == "different"
    assert found.parting is not None
    assert found.parting.where == "weight_decay = 0.01"


def test_other_defaults_are_said_and_make_no_other_rule() -> None:
    text = "{ state m; m <- x*m + g; w <- w - lr*m/(abs(m) + y) }"
    a = f"X(epsilon=1e-8, beta_1=0.9 in [0, 1)) = {text.replace('x', 'beta_1').replace('y', 'epsilon')}"
    b = f"Y(eps=1e-7, b1=0.8 in [0, 1)) = {text.replace('x', 'b1').replace('y', 'eps')}"
    found = compared(a, b)
    assert found.verdict == "equal"
    assert found.at_own_defaults == "different"
    assert [(p.first, p.second) for p in found.matching.pairs] == [("epsilon", "eps"), ("beta_1", "b1")]
    assert found.agreement is not None
    assert found.agreement.for_all


def test_for_all_settings() -> None:
    assert compared("torch.optim.AdamW", "optax.adamw", for_all=True).verdict == "different"
    assert compared("torch.optim.AdamW", "torch.optim.Adam(decoupled_weight_decay=True)", for_all=True)
    assert compared("none ~ g", "{ w <- w - lr*g }", for_all=True)


def test_settings_outside_the_domain_of_one_side() -> None:
    a, b = "X(a=1 in [0, 1]) = {{ w <- w - lr*a*g }}", "Y(a={} in {}) = {{ w <- w - lr*a*g }}"
    apart = compared(a.format(), b.format(3, "[2, 5]"))
    assert apart.matching.pairs == ()
    assert "nothing in common" in apart.matching.notes[0]
    assert apart.verdict == "different"
    ends = compared(a.format(), b.format(0.5, "[0, 1)"))
    assert ends.verdict == "equal"
    (value,) = ends.families.variables
    assert float(value.default) == float(value.other) == 0.5


@pytest.mark.parametrize(
    ("a", "b", "step"),
    [
        ("{ w <- w - lr*where(t == 0, 2*g, g) }", "{ w <- w - lr*g }", 0),
        ("{ w <- w - lr*where(t == 3, 2*g, g) }", "{ w <- w - lr*g }", 3),
        ("{ w <- w - lr*where(g == 0, w, g) }", "{ w <- w - lr*g }", 0),
        ("none ~ [a1] g", "none ~ g", 1),
        ("momentum ~ g", "nesterov ~ g", 0),
        ("none ~ exp(exp(exp(g)))", "none ~ exp(exp(exp(2 * g)))", 0),
        ("none ~ drop(g, 0.5)", "none ~ g", 0),
    ],
)
def test_the_first_step_at_which_two_part(a: str, b: str, step: int) -> None:
    found = compared(a, b)
    assert found.verdict == "different"
    assert found.parting is not None
    assert found.parting.at.step == step
    assert found.agreement is None


def test_what_neither_is_proved_nor_parts_is_unknown_and_measured() -> None:
    found = compared(SQUARES, ROOTS)
    assert found.verdict == "unknown"
    assert found.equal is found.parting is found.agreement is None
    assert found.distance is not None
    assert found.distance.largest.distance < 1e-12


def test_a_factor_is_no_equality_and_is_said() -> None:
    found = compared("none ~ 2 * g", "none ~ g")
    assert found.verdict == "different"
    assert found.up_to is nos_sym.Level.SCALE


def test_pairs_are_a_question_and_no_claim() -> None:
    found = compared("SGDTorch", "SGDKeras", pairs={"weight_decay": "momentum"})
    assert ("weight_decay", "momentum") in [(p.first, p.second) for p in found.matching.pairs]
    assert found.agreement is not None
    assert not found.agreement.for_all
    with pytest.raises(AuditError, match="no setting 'foo'"):
        compared("SGDTorch", "SGDKeras", pairs={"foo": "momentum"})


@pytest.mark.parametrize("given", ["LR1", 3, None, "nothing.nos", ""])
def test_what_is_no_optimizer_is_refused_in_one_line(given: object) -> None:
    with pytest.raises(NosSymError) as caught:
        audit(given, "SGD")
    assert "\n" not in str(caught.value).split("(line")[0]
