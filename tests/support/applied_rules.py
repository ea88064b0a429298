"""Rules that others apply, texts that apply them to anything, and what a text that is read has to be."""

from __future__ import annotations

import random
import time

from nos_sym.errors import SourceError
from nos_sym.faces.parsing import parse_file
from nos_sym.language import parser
from nos_sym.language.block import Block
from nos_sym.language.json_form import rule_from_json
from nos_sym.language.rule import Rule, Schedule
from support.random_blocks import random_block_text

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
