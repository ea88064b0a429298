"""Rules that are applied in place of an update: what they are read as, and what is refused."""

from __future__ import annotations

import random
import time

import pytest
from support.random_blocks import random_block_text

from nos_sym import catalog
from nos_sym.catalog.reading import parse, parse_file
from nos_sym.errors import CatalogError, SourceError
from nos_sym.language import parser
from nos_sym.language.block import Block
from nos_sym.language.json_form import rule_from_json
from nos_sym.language.rule import Rule, Schedule

HEAVY = "Heavy(beta=0.9) = { state m; m <- beta * m + g; w <- w - lr * m }\n"
DECAYED = (
    "Decayed(weight_decay=0.1) = { w <- w * (1 - lr * weight_decay); state m; k = 1 - 0.9^(t + 1)\n"
    "m <- 0.9 * m + 0.1 * g; w <- w - lr / k * m }\n"
)
BRANCHED = (
    "Branched = { w <- w - lr * 0.1 * w\n"
    "if rank >= 2 { state a; a <- a + g; w <- w - lr * a } else { w <- w - lr * g } }\n"
)
FIRST = "First = { state n: scalar = norm2(g); n <- max(n, norm2(g)); w <- w - lr * g / n }\n"


def last(text: str) -> Rule | Block:
    """Return the last rule of a text, which has to be what its text and its JSON are read as."""
    rule = parse_file(text)[-1]
    assert not isinstance(rule, Schedule)
    again = parser.parse(str(rule))
    assert again == rule and str(again) == str(rule)
    assert rule_from_json(rule.to_json()) == rule
    return rule


READ = {
    "none ~ Adam(g)": "none ~ v_hat / (sqrt(ema_hat(g^2, 0.999)) + 1e-8)",
    "none ~ SGD(clip_norm(g))": "none ~ clip_norm(g)",
    'A = nesterov ascent ~ Lion(g) from "x"': 'A = nesterov ascent ~ sign(10 * ema(g, 0.99) + g) from "x"',
    "none ~ AdamW(w, weight_decay=0)": (
        "none ~ ema_hat(w, 0.9) / (sqrt(ema_hat(w^2, 0.999)) + 1e-8) + 0 * w"
    ),
    "none ~ Adam(Lion(g))": (
        "none ~ ema_hat(sign(10 * ema(g, 0.99) + g), 0.9) / "
        "(sqrt(ema_hat(sign(10 * ema(g, 0.99) + g)^2, 0.999)) + 1e-8)"
    ),
    "A(b=0.5 in [0, 0.8]) = none ~ AdamW(g, beta1=b, beta2=1 - 0.1)": (
        "A(b=0.5 in [0, 0.8]) = none ~ ema_hat(g, b) / (sqrt(ema_hat(g^2, 0.9)) + 1e-8) + 0.01 * w"
    ),
    "none ~ SGD(drop(g, 0.5)) - SGD(drop(g, 0.5))": "none ~ drop(g, 0.5) - drop(g, 0.5)",
    "none ~ Adam(drop(g, 0.5))": (
        "none ~ ema_hat(drop(g, 0.5, draw=1), 0.9) / (sqrt(ema_hat(drop(g, 0.5, draw=1)^2, 0.999)) + 1e-8)"
    ),
    # A mask of the rule that is applied is one of each application.
    "A = none ~ drop(g, 0.5)\nnone ~ A(g) - A(g)": "none ~ drop(g, 0.5) - drop(g, 0.5)",
    "A = none ascent ~ g\nnone ~ A(w)": "none ~ -w",
    HEAVY + "none ~ Heavy(tanh(g))": "{ state m; m <- 0.9 * m + tanh(g); w <- w - lr * m }",
    HEAVY + "momentum ~ Heavy(g)": (
        "{ state m; m <- 0.9 * m + g; state velocity; velocity <- momentum * velocity - lr * m; "
        "w <- w + velocity }"
    ),
    HEAVY + "A(b=0.3 in [0, 0.5]) = none ~ Heavy(g, beta=b)": (
        "A(b=0.3 in [0, 0.5]) = { state m; m <- b * m + g; w <- w - lr * m }"
    ),
    # Two applications have states of their own.
    HEAVY + "none ~ Heavy(g) + Heavy(g)": (
        "{ state m; m <- 0.9 * m + g; state heavy_m; heavy_m <- 0.9 * heavy_m + g; "
        "w <- w - lr * (m + heavy_m) }"
    ),
    HEAVY + "none ~ Heavy(Heavy(g), beta=0)": (
        "{ state m; m <- 0.9 * m + g; state heavy_m; heavy_m <- 0 * heavy_m + m; w <- w - lr * heavy_m }"
    ),
    # Names of the block around, of its settings and in its comments.
    HEAVY + "{ state m; m <- Heavy(g - m); w <- w - lr * m }": (
        "{ state m; state heavy_m; heavy_m <- 0.9 * heavy_m + (g - m); m <- heavy_m; w <- w - lr * m }"
    ),
    HEAVY + "{ u = Heavy(g); m = u; heavy_m = m; w <- w - lr * heavy_m # heavy_m2\n}": (
        "{ state heavy_m2; heavy_m2 <- 0.9 * heavy_m2 + g; u = heavy_m2; m = heavy_m2; heavy_m = heavy_m2; "
        "w <- w - lr * heavy_m2 }"
    ),
    HEAVY + "A(m=0.5) = none ~ m * Heavy(g)": (
        "A(m=0.5) = { state heavy_m; heavy_m <- 0.9 * heavy_m + g; w <- w - lr * (m * heavy_m) }"
    ),
    # A state is read as it is at the place; the weight too.
    HEAVY + "{ state v; v <- v + g; w <- w - lr * Heavy(v) }": (
        "{ state v; v <- v + g; state m; m <- 0.9 * m + v; w <- w - lr * m }"
    ),
    "A = none ~ w * g\n{ w <- w - lr * w; w <- w - lr * A(g) }": (
        "{ w <- w - lr * w; w <- w - lr * (w * g) }"
    ),
    DECAYED + "none ~ Decayed(g)": (
        "{ state m; k = 1 - 0.9^(t + 1); m <- 0.9 * m + 0.1 * g; w <- w - lr * (0.1 * w + m / k) }"
    ),
    BRANCHED + "none ~ 2 * Branched(g)": (
        "{ if rank >= 2 { state a; a <- a + g; update = 0.1 * w + a } else { update = 0.1 * w + g }; "
        "w <- w - lr * (2 * update) }"
    ),
    HEAVY + "{ if rank > 1 { u = Heavy(g) } else { u = Heavy(-g) }; w <- w - lr * u }": (
        "{ if rank > 1 { state m; m <- 0.9 * m + g; u = m } else { state heavy_m; "
        "heavy_m <- 0.9 * heavy_m + -g; u = heavy_m }; w <- w - lr * u }"
    ),
    FIRST + "none ~ First(tanh(g))": (
        "{ state n: scalar = norm2(tanh(g)); n <- max(n, norm2(tanh(g))); w <- w - lr * (tanh(g) / n) }"
    ),
    "A = { state d: global; d <- max(d, total(g * w)); w <- w - lr * d * g }\nnone ~ A(g / 2)": (
        "{ state d: global; d <- max(d, total(g / 2 * w)); w <- w - lr * (d * (g / 2)) }"
    ),
    # Each rule of a text has names of its own.
    HEAVY + "A = { u = Heavy(g); w <- w - lr * u }\nnone ~ Heavy(w)": (
        "{ state m; m <- 0.9 * m + w; w <- w - lr * m }"
    ),
    # What stays as it is reads 0 times the rate.
    "A = { state m; m <- m + g; w <- w }\nnone ~ A(g) + g": "{ state m; m <- m + g; w <- w - lr * (0 + g) }",
    # The weight of the rule that is applied is lr times an update, however it is written.
    "A = { w <- -(lr * (g - w) - w) }\nnone ~ A(g)": "none ~ g - w",
    "A = { w <- w + (g * lr - lr * w) / 2 }\nnone ~ A(g)": "none ~ -(g / 2) + w / 2",
    "A = { w <- where(g > 0, w - lr * g, w) }\nnone ~ A(g)": "none ~ where(g > 0, g, 0)",
    "A = { v_hat = g * g; state m; m <- m + v_hat; w <- w - lr * m / v_hat }\n"
    "{ u = A(g); w <- w - lr * (u + v_hat) }": (
        "{ a_v_hat = g * g; state m; m <- m + a_v_hat; u = m / a_v_hat; w <- w - lr * (u + v_hat) }"
    ),
}


@pytest.mark.parametrize("text", READ)
def test_an_application_is_read_as_what_it_stands_for(text: str) -> None:
    assert str(last(text)) == READ[text]


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
    ("none ~ SGD(g, lr=0.1)", 15, "'SGD' has no setting 'lr': there is none"),
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


def test_without_a_library_a_text_applies_its_own_rules() -> None:
    assert str(parser.parse_file("A = none ~ 2 * g\nnone ~ A(w)")[-1]) == "none ~ 2 * w"
    with pytest.raises(SourceError, match="there is no such rule above"):
        parser.parse("none ~ Adam(g)")
    # A rule of the text comes before that of the library.
    assert str(parse_file("Adam = none ~ 2 * g\nnone ~ Adam(w)")[-1]) == "none ~ 2 * w"


class Shelf:
    """A library that reads its entries when they are asked for."""

    def __init__(self, entries: dict[str, str]) -> None:
        self.entries = entries
        self.asked: list[str] = []

    def find(self, name: str) -> Rule | Block | Schedule | None:
        """Return an entry, which may apply others."""
        self.asked.append(name)
        return parser.parse(self.entries[name], self) if name in self.entries else None

    def names(self) -> list[str]:
        """Return the names of all entries."""
        return list(self.entries)


def test_a_library_reads_while_a_text_is_read() -> None:
    shelf = Shelf(
        {"A": "none ~ B(g) + g", "B": "{ state m; m <- m + g; w <- w - lr * m }", "C": "none ~ nothing"}
    )
    rule = parser.parse("X(k=2) = none ~ k * A(tanh(g)) + A(k * g)", shelf)
    assert str(rule) == (
        "X(k=2) = { state m; m <- m + tanh(g); state a_m; a_m <- a_m + k * g; "
        "w <- w - lr * (k * (m + tanh(g)) + (a_m + k * g)) }"
    )
    assert shelf.asked == ["A", "B"]  # each once
    with pytest.raises(SourceError, match="unknown name 'nothing'"):
        parser.parse("none ~ C(g)", shelf)


def test_an_entry_of_the_catalog_that_applies_itself_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    places = dict(catalog._places())
    for name, text in {"LoopA": "LoopA = none ~ LoopB(g)", "LoopB": "LoopB = none ~ LoopA(g)"}.items():
        places[name] = catalog._Place("baselines", text, "")
    monkeypatch.setattr(catalog, "_places", lambda: places)
    with pytest.raises(CatalogError, match="applies itself: LoopA applies LoopB applies LoopA"):
        catalog.entry("LoopA")
    with pytest.raises(SourceError, match="applies itself"):
        parse("none ~ LoopB(g)")


def test_only_what_is_applied_is_read_from_the_catalog() -> None:
    catalog._parsed.cache_clear()
    parse("none ~ tanh(g)")
    assert catalog._parsed.cache_info().misses == 0
    parse("A(beta=0.9) = none ~ beta * RMSProp(g)")
    assert catalog._parsed.cache_info().misses == 1


_OPERANDS = (
    "g",
    "w",
    "tanh({})",
    "clip_norm({})",
    "{} + 2 * ema({}, 0.98)",
    "{} - mean_rest({})",
    "drop({}, 0.5)",
    "Adam({})",
    "Lion({})",
    "AdamW({}, beta1=0.5)",
    "Random({})",
    "Heavy({}, beta=b)",
    "Decayed({})",
    "Branched({})",
    "First({})",
    "norm2({})",
    "a1 * {}",
    "where({} > 0, {}, 0)",
    "3",
    "[a1] {}",
)
_WRONG = (
    "Heavy({}, {})",
    "Heavy()",
    "Heavy({}, beta={})",
    "Heavy(beta=0.5)",
    "Foo({})",
    "Made({})",
    "LR1({})",
    "SGDMomentum({})",
    "Heavy({}, beta=b, beta=b)",
    "Heavy({}, g={})",
    "lr",
    "b",
    "total({})",
    "t * {}",
    "Heavy",
    "Heavy {}",
    "m",
    "Random({}, beta=-1)",
    "Adam({})({})",
    "|{}|",
    "[{}] g",
    "{}^2",
    "{}^b",
)
_TEMPLATES = (
    "Made(b=0.3 in [0, 1)) = none ~ {} + b * g",
    "Made(b=0.3 in [0, 1)) = nesterov ~ {} - b * {}",
    "Made(b=0.3 in [0, 1)) = {{ state m; u = {}; m <- b * m + u; w <- w - lr * ({} + m) }}",
    "Made(b=0.3 in [0, 1)) = {{ w <- w * (1 - lr * b); if rank > 1 {{ u = {} }} else {{ u = {} }}\n"
    "w <- w - lr * u }}",
    "Made(b=0.3 in [0, 1)) = {{ state m = {}; m <- b * m + {}; w <- w - lr * m }}",
    "Made(b=0.3 in [0, 1)) = {{ state m: scalar; m <- b * m + norm2({}); w <- w - lr * m * {} }}",
)


def _expression(rng: random.Random, depth: int) -> str:
    found = "g" if depth == 0 else rng.choice(_OPERANDS if rng.random() < 0.85 else _WRONG)
    while "{}" in found:
        found = found.replace("{}", _expression(rng, depth - 1), 1)
    return found


def applied_text(rng: random.Random) -> str:
    """Return rules, and one that applies them to what may be anything."""
    made = rng.choice(_TEMPLATES)
    pieces = made.split("{}")
    made = "".join(p + _expression(rng, rng.randint(1, 4)) for p in pieces[:-1]) + pieces[-1]
    made = made.replace("{{", "{").replace("}}", "}")
    return f"{HEAVY}{DECAYED}{BRANCHED}{FIRST}{random_block_text(rng)}\n{made}"


def check_applied(seed: int) -> bool:
    """Read one text; return whether it is a rule, which its own text and its JSON are then read as."""
    text = applied_text(random.Random(seed))
    began = time.process_time()
    try:
        rule = last(text)
    except SourceError as error:
        assert "\n" not in str(error) and str(error).isprintable()
        return False
    finally:
        assert time.process_time() - began < 20, text
    return bool(rule.name)


def test_applications_of_anything_to_anything() -> None:
    read = sum(check_applied(seed) for seed in range(40))
    assert 8 < read < 32


@pytest.mark.heavy
def test_applications_of_anything_to_anything_for_long() -> None:
    for seed in range(1000, 8000):
        check_applied(seed)
