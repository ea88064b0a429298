"""Random blocks, other writings of the same block, and near misses."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from nos_sym.language.block import Block
from nos_sym.language.parser import parse

_BETAS = ("0.5", "0.9", "0.75", "0.99")
_INPUTS = ("g", "g^2", "abs(g)", "lr*g", "sign(g)", "where(g > 0, g, 0)", "g*w", "g + 0.1*w", "tanh(g)")
_STARTS = ("0", "0", "0", "0.5", "g", "1e-3", "g^2")
_NAMES = ("m", "v", "buf", "nu", "avg", "acc", "s1", "q", "z", "exp_avg")


@dataclass(frozen=True)
class Form:
    """A state of a random block: ``coefficient * old + rest``, or an update that is not linear.

    ``<x>`` stands for the old value of the state that was made as x, ``<x'>`` for its new one.
    """

    name: str
    start: str
    coefficient: str
    rest: str


@dataclass(frozen=True)
class Written:
    """How a state is kept: under a name, divided by a number, decayed before it is kept, in two parts."""

    name: str
    scale: str = "1"
    shifted: bool = False
    parts: str = "one"


@dataclass(frozen=True)
class Made:
    """A random block and its parts."""

    states: tuple[Form, ...]
    move: str


def random_made(rng: random.Random) -> Made:
    """Return a random block of one to three states."""
    states: list[Form] = []
    for i in range(rng.choice((1, 2, 2, 3))):
        read = [f"<{s.name}'>" for s in states] + [f"<{s.name}>" for s in states]
        x = rng.choice([*_INPUTS, *read])
        beta, start = rng.choice(_BETAS), rng.choice(_STARTS)
        name = "abc"[i]
        kind = rng.choice(("linear", "linear", "sum", "peak", "signed", "cycled", "ratio"))
        if kind == "linear":
            states.append(Form(name, start, beta, f"{rng.choice(('1', '0.1', '2', '0.25'))}*({x})"))
        elif kind == "sum":
            states.append(Form(name, start, "1", f"({x})"))
        elif kind == "peak":
            states.append(Form(name, start, "", f"max({beta}*<{name}>, abs({x}))"))
        elif kind == "signed":
            states.append(Form(name, start, "", f"<{name}> - 0.25*sign(<{name}> - ({x}))*({x})"))
        elif kind == "cycled":
            states.append(Form(name, start, "", f"momentum*<{name}> + ({x})"))
        else:
            states.append(Form(name, start, "", f"({x})/(abs(<{name}>) + 1)"))
    values = [f"<{s.name}'>" for s in states] + [f"<{rng.choice(states).name}>", "g"]
    a, b = rng.choice(values), rng.choice(values)
    u = rng.choice((
        f"{a} + {b}", f"{a}/(sqrt({b}) + 0.5)", f"sign({a}) + {b}", f"where({a} > {b}, {a}, 0.5*{b})",
        f"{a}", f"max({a}, {b})", f"{a}/(1 - 0.9^(t + 1)) + {b}", f"({a})/({b})",
    ))  # fmt: skip
    # Every state counts.
    u = " + ".join([u, *(f"0.5*<{s.name}'>" for s in states if f"<{s.name}" not in u)])
    move = rng.choice((f"w - lr*({u})", f"w - lr*({u})", f"w - ({u})", f"w*(1 - lr*0.1) - lr*({u})"))
    return Made(tuple(states), move)


def plain(made: Made) -> list[Written]:
    """Return the writing that keeps every state as it was made."""
    return [Written(s.name) for s in made.states]


def rewritten(made: Made, rng: random.Random) -> list[Written]:
    """Return another writing of the same block."""
    names = rng.sample(_NAMES, len(made.states))
    found = []
    for state, name in zip(made.states, names, strict=True):
        linear = state.coefficient not in ("", "1")
        found.append(
            Written(
                name,
                scale=rng.choice(("1", "2", "-0.5", "10", "0.25")),
                shifted=linear and rng.random() < 0.3,
                parts=rng.choice(("one", "one", "twins", "halves" if state.coefficient else "twins")),
            )
        )
    return found


def block_of(made: Made, written: Sequence[Written], rng: random.Random | None = None) -> Block:
    """Return the block of a writing."""
    heads, olds, news = [], [], []
    for state, how in zip(made.states, written, strict=True):
        n, c, s = state.name, how.scale, state.start
        b = state.coefficient or "1"
        if how.shifted:
            kept, start = f"{b}*new_{n}", f"{b}*({s})"
        else:
            kept, start = f"new_{n}", f"({s})"
        back = f"/{b}" if how.shifted else ""
        names = [how.name] if how.parts == "one" else [f"{how.name}_a", f"{how.name}_b"]
        if how.parts == "halves":
            # Each part follows the recursion with a share of the input.
            first, second = names
            x = state.rest
            heads += [f"state {first} = {start}/{c}", f"state {second}"]
            olds.append(f"old_{n} = {c}*({first} + {second}){back}")
            factor = f"{b}*" if how.shifted else ""
            news.append(
                [
                    f"new_{n} = {b}*old_{n} + {x}",
                    f"{first} <- {b}*{first} + {factor}({x})*0.25/{c}",
                    f"{second} <- {b}*{second} + {factor}({x})*0.75/{c}",
                ]
            )
            continue
        total = f"({names[0]} + {names[1]})/2" if how.parts == "twins" else names[0]
        heads += [f"state {x} = {start}/{c}" for x in names]
        olds.append(f"old_{n} = {c}*{total}{back}")
        value = f"{b}*old_{n} + {state.rest}" if state.coefficient else state.rest
        news.append([f"new_{n} = {value}", *(f"{x} <- {kept}/{c}" for x in names)])
    if rng is not None:
        rng.shuffle(heads)
        rng.shuffle(olds)
    lines = [*heads, *olds, *(line for group in news for line in group), f"w <- {made.move}"]
    text = "; ".join(lines)
    text = re.sub(r"<(\w)'>", r"new_\1", text)
    found = parse("{ " + re.sub(r"<(\w)>", r"old_\1", text) + " }")
    assert isinstance(found, Block)
    return found


def near_miss(made: Made, rng: random.Random) -> Made:
    """Return the block with one beta, one start or one read changed."""
    index = rng.randrange(len(made.states))
    states = list(made.states)
    state = states[index]
    kind = rng.choice(("beta", "start", "read", "move"))
    if kind == "beta" and state.coefficient:
        changed = Fraction(state.coefficient) + Fraction(1, rng.choice((20, 1000)))
        states[index] = replace(state, coefficient=str(float(changed)))
    elif kind == "start":
        states[index] = replace(state, start=f"({state.start}) + {rng.choice(('1e-6', '1', '-1e-3'))}")
    elif kind == "read" and f"<{state.name}'>" in made.move:
        return replace(made, move=made.move.replace(f"<{state.name}'>", f"<{state.name}>", 1))
    else:
        states[index] = replace(state, rest=f"({state.rest}) + {rng.choice(('1e-5*g', 'lr*g', '0.1*g^2'))}")
    return replace(made, states=tuple(states))
