"""Rules that cannot be applied: each is refused in one line, at its place and at once."""

from __future__ import annotations

import time

import pytest
from support.applied_rules import FIRST, HEAVY

from nos_sym.errors import SourceError
from nos_sym.faces.parsing import parse_file

MORE = "its move is no 'w <- w - lr * (...)': the weight changes by more than lr times an update"
REFUSED = [
    # Names.
    ("none ~ Adm(g)", 8, "unknown function 'Adm'; did you mean 'Adam'?"),
    ("none ~ adam(g)", 8, "did you mean 'Adam'?"),
    ("none ~ Zyx(g)", 8, "there is no such rule above or in the catalog"),
    ("none ~ tahn(g)", 8, "did you mean 'tanh'?"),
    ("none ~ Adam", 8, "unknown name 'Adam'; a rule is applied to an expression, as in 'Adam(g)'"),
    ("none ~ Adam * g", 8, "a rule is applied to an expression"),
    ("A = none ~ B(g)\nB = none ~ g", 12, "its definition stands below, so move it above"),
    ("A(b=1) = { u = A(g, b=b); w <- w - lr * u }", 16, "a rule does not apply itself"),
    (
        "Adam = none ~ Adam(g)",
        15,
        "is an entry of the catalog here, and a rule of this text has the name too",
    ),
    ("A = none ~ Adam(g)\nAdam = none ~ g", 12, "and a rule of this text has the name too"),
    ("{ Adam = g; w <- w - lr * Adam(g) }", 27, "'Adam' is a value here and no function"),
    ("A(Adam=1) = none ~ Adam(g)", 20, "'Adam' is a setting here and no function"),
    # Arguments.
    ("none ~ Adam()", 8, "'Adam' takes one argument, what stands in place of the gradient"),
    ("none ~ Adam(g, w)", 16, "its settings by name, as in 'Adam(g)'"),
    ("none ~ AdamW(g, 0.9)", 17, "its settings by name, as in 'AdamW(g, beta1=...)'"),
    ("none ~ AdamW(beta1=0.9)", 8, "'AdamW' takes one argument"),
    (
        "none ~ AdamW(g, beta4=0.9)",
        17,
        "'AdamW' has no setting 'beta4'; expected one of beta1, beta2, weight_decay",
    ),
    ("none ~ AdamW(g, weight_decya=0)", 17, "did you mean 'weight_decay'?"),
    ("none ~ Opt4(g, lr=0.1)", 16, "'Opt4' has no setting 'lr': there is none"),
    ("none ~ SGD(g, lr=0.1)", 15, "'SGD' has no setting 'lr'; 'SGDTorch', the same at the defaults, has mom"),
    ("none ~ Adam(g, beta1=0.95)", 16, "'Adam' has no setting 'beta1'; 'AdamTorch', the same at the defa"),
    ("none ~ AdamW(g, eps=0.1)", 17, "'AdamW' has no setting 'eps'; 'AdamWTorch', the same at the defaults,"),
    # A rule of the text has nothing to do with the entry.
    ("AdamX = none ~ g\nnone ~ AdamX(g, beta1=0.9)", 17, "'AdamX' has no setting 'beta1': there is none"),
    # Names of libraries.
    (
        "none ~ torch.optim.Adam(g)",
        8,
        "torch.optim.Adam is 'AdamTorch' in the catalog; write 'AdamTorch(g)', whose settings are",
    ),
    ("none ~ optim.Adam(clip_norm(g), amsgrad = True)", 8, "write 'AMSGradTorch(g)', whose settings"),
    ("none ~ torch.optim.SGD(g) + torch.optim.SGD(g, nesterov=True)", 8, "write 'SGDTorch(g)'"),
    ("none ~ optax.nadam(g, nesterov=False)", 8, "optax.nadam is 'AdamOptax' in the catalog"),
    ("{ u = tf.keras.optimizers.Lion (g); w <- w - lr * u }", 7, "write 'LionKeras(g)'"),
    ("none ~ torch.optim.Admm(g)", 8, "did you mean 'torch.optim.Adam'?"),
    ("none ~ torch.optim.Foo(g)", 8, "nos-sym list torch shows those of the library"),
    ("none ~ torch.tanh(g)", 8, "names have no parts; write 'tanh' alone"),
    ("none ~ x.Adam(g)", 8, "values have no methods"),
    ("none ~ AdamW(g, beta1=0.9, beta1=0.9)", 28, "the setting 'beta1' of 'AdamW' is given twice"),
    ("none ~ AdamW(g, beta1=1)", 23, "the setting 'beta1' of 'AdamW' has values in [0, 1)"),
    ("none ~ AdamW(g, beta1=-0.5)", 24, "has values in"),
    ("none ~ AdamW(g, beta1=g)", 23, "is a number or a setting of the rule around it"),
    ("none ~ AdamW(g, beta1=a13)", 23, "is a number or a setting of the rule around it"),
    (
        "A(b=0.5) = none ~ AdamW(g, beta1=b)",
        34,
        "'b' has values in (-inf, inf), and the setting 'beta1' of 'AdamW'",
    ),
    ("A(b=0.5) = none ~ b * AdamW(g, beta1=b / 2)", 38, "is a number or a setting"),
    ("none ~ AdamW(g, beta1=1/3)", 23, "has no finite decimal form"),
    ("none ~ AdamW(g, weight_decay=1e300*1e300)", 30, "out of range"),
    ("none ~ Adam(2)", 13, "expected a tensor, not a number for all tensors"),
    ("none ~ Adam(a1)", 13, "expected a tensor, not a number for all tensors"),
    ("{ w <- w - lr * Adam(lr) }", 22, "expected a tensor, not a number for all tensors"),
    ("{ if rank > 1 { u = Adam(rank > 1) } else { u = g }; w <- w - lr * u }", None, "unexpected '>'"),
    ("{ u = AdamW(g, betas=(0.9, 0.99)); w <- w }", 16, "a setting is one number, as in 'beta1=0.9'"),
    # Rules that have no update.
    ("none ~ LR1(g)", 8, "'LR1' is a schedule; an optimizer is applied to a gradient"),
    (
        "none ~ SGDMomentum(g)",
        8,
        "it moves the weight by a momentum that holds the learning rate; write 'momentum ~",
    ),
    ("none ~ Nesterov(g)", 8, "write 'nesterov ~ ...' for the whole"),
    ("A = { w <- 0.9 * w - lr * g }\nnone ~ A(g)", 8, MORE),
    ("A = { w <- w - 0.1 * g }\nnone ~ A(g)", 8, MORE),
    ("A = { w <- w - lr^2 * g }\nnone ~ A(g)", 8, "lr stands in 'pow'"),
    ("A = { w <- w - lr * (lr * g) }\nnone ~ A(g)", 8, "lr is multiplied by itself"),
    ("A = { w <- w - sqrt(lr) * g }\nnone ~ A(g)", 8, "lr stands in 'sqrt'"),
    ("A = { w <- w - g / lr }\nnone ~ A(g)", 8, "lr stands in 'div'"),
    ("A = { w <- where(lr > 1, w - lr * g, w) }\nnone ~ A(g)", 8, "lr stands in 'where'"),
    ("A = { state v; v <- 0.9 * v - lr * g; w <- w + v }\nnone ~ A(g)", 8, MORE),
    ("A = { w <- w - lr * g; w <- w - lr * 0.1 * w }\nnone ~ A(g)", 8, "lr is multiplied by itself"),
    ("A = { state m; w <- w - lr * g; m <- m + w }\nnone ~ A(g)", 8, "'m' reads the weight below its move"),
    (
        "A = { state m; w <- w * (1 - lr); d = w - g; m <- m + d; w <- w - lr * m }\nnone ~ A(g)",
        8,
        "'d' reads the",
    ),
    # Places and arguments at which a rule cannot stand.
    (
        HEAVY + "{ state s = Heavy(g); w <- w - lr * s }",
        None,
        "is applied in the start of a state; name its update",
    ),
    (HEAVY + "{ if Heavy(g) > 0 { w <- w } else { w <- w } }", None, "is applied in the condition of 'if'"),
    (HEAVY + "schedule ~ Heavy(g)", None, "a schedule has no states"),
    (
        FIRST + "none ~ First(ema(g, 0.9))",
        None,
        "'First' cannot be applied here: the start of 'n' is there before",
    ),
    (
        FIRST + "{ state m; m <- m + g; w <- w - lr * First(m) }",
        None,
        "'First' cannot be applied here: the start of",
    ),
    (
        "A = { state d: global; d <- d + total(g); w <- w - lr * g / d }\n"
        "{ if rank > 1 { u = A(g) } else { u = g }; w <- w - lr * u }",
        None,
        "one number for all tensors",
    ),
    (
        "A = { state v; v <- momentum * v + g; w <- w - lr * v }\n"
        "B(momentum=0.5) = { u = A(g); w <- w - lr * momentum * u }",
        None,
        "'momentum' is a setting here, and 'A' reads what it hides",
    ),
    (
        HEAVY + "B(momentum=0.5) = momentum ~ momentum * Heavy(g)",
        None,
        "'momentum' is the cycled momentum here",
    ),
    ("none ~ Adam([a1] SGD(g)) + Adam(drop(g, 0.5)) + drop(g, 0.5, draw=1)", 1, "give all or none"),
    # A start is there before the first step, and so before a move above the application.
    (
        "A = { state q = w; q <- q + g; w <- w - lr * (w - q) }\n{ w <- w - lr * w; w <- w - lr * A(g) }",
        None,
        "the start of 'q' reads the weight, and it stands below a move of the weight",
    ),
    (
        FIRST + "{ w <- w - lr * w; w <- w - lr * First(w * g) }",
        None,
        "the start of 'n' reads the weight, and it stands below a move of the weight",
    ),
    # Sizes.
    ("none ~ " + "Adam(" * 100 + "g" + ")" * 100, None, "the rule is too large"),
    (
        HEAVY + "{ " + "; ".join(f"u{i} = Heavy(g)" for i in range(400)) + "; w <- w }",
        None,
        "the block is too large",
    ),
    ("none ~ " + "Adam(" * 200 + "g" + ")" * 200, None, "nested too deeply"),
]


@pytest.mark.parametrize(("text", "column", "message"), REFUSED)
def test_what_cannot_be_applied_is_said_at_its_place(text: str, column: int | None, message: str) -> None:
    began = time.process_time()
    with pytest.raises(SourceError) as error:
        parse_file(text)
    assert message in error.value.message and "\n" not in str(error.value)
    assert column is None or error.value.column == column
    assert time.process_time() - began < 2
