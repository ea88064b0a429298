"""Random blocks: states of every kind, starts, names, branches, conditions, reductions and settings, as text.

A block is written line by line from what is known so far, so that it reads as people write; its kinds fit.
"""

from __future__ import annotations

import random

from nos_sym.language.block import Block
from nos_sym.language.parser import parse

_UNARY = ("tanh({})", "sign({})", "sqrt({})", "abs({})", "sigmoid({})", "softsign({})", "-{}", "({})^2")
_BINARY = ("{} + {}", "{} - {}", "({}) * ({})", "max({}, {})", "min({}, {})", "({}) / (1 + abs({}))")
_KINDS = ("tensor", "tensor", "tensor", "scalar", "row", "col", "step")
_STARTS = {"tensor": ("0", "0", "0", "g", "w", "0.5"), "step": ("0", "1", "lr")}
_REDUCED = {
    "scalar": ("norm2({})", "norm1({})", "mean({})", "rms({})", "norm_inf({})", "sum({})"),
    "row": ("row_mean({})", "row_max({})", "row_sum({})"),
    "col": ("col_mean({})", "col_max({})", "col_sum({})"),
}
_OF_STEP = ("lr", "0.9^(t + 1)", "1 / (t + 1)", "beta", "0.3", "where(t == 0, 1, beta)", "mod(t, 3)")
_COMPARED = ("{} < {}", "{} >= {}", "{} != {}", "{} == 0 and {} > 0", "not {} <= {}", "{} > 0 or {} < -0.5")


def random_block(rng: random.Random) -> Block:
    """Return a random block."""
    found = parse(random_block_text(rng))
    assert isinstance(found, Block)
    return found


def random_block_text(rng: random.Random) -> str:
    """Return the text of a random block."""
    return _Writer(rng).text()


class _Writer:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.kinds: dict[str, str] = {}
        self.names: list[str] = ["g", "w"]
        self.scalars: list[str] = []

    def text(self) -> str:
        rng = self.rng
        lines = []
        for index in range(rng.randint(0, 3)):
            name, kind = f"s{index}", rng.choice(_KINDS)
            self.kinds[name] = kind
            start = rng.choice(_STARTS.get(kind, ("0", "0", "1")))
            shown = "" if kind == "tensor" else f": {kind}"
            lines.append(f"state {name}{shown}" + ("" if start == "0" else f" = {start}"))
            (self.scalars if kind == "step" else self.names).append(name)
        order = list(self.kinds)
        rng.shuffle(order)
        for index, name in enumerate(order):
            if rng.random() < 0.6:
                lines.append(f"x{index} = {self.tensor(2)}")
                self.names.append(f"x{index}")
            lines.append(f"{name} <- {self.of_kind(self.kinds[name])}")
        if rng.random() < 0.3:
            condition = rng.choice(("rank >= 2", "rows > 2 and cols > 2", "size < 5 or rank == 1"))
            lines.append(f"if {condition} {{ y = {self.tensor(1)} }} else {{ y = {self.tensor(1)} }}")
            self.names.append("y")
        move = self.tensor(2)
        if rng.random() < 0.3:
            lines.append("w <- w * (1 - 0.1 * lr)")
        lines.append(f"w <- w - lr * ({move})" if rng.random() < 0.8 else f"w <- 0.9 * w - 0.01 * ({move})")
        beta = rng.choice(("0.9", "0.5", "0"))
        body = "; ".join(lines)
        head = f"Random(beta={beta})" if "beta" in body else "Random"
        return f"{head} = {{ {body} }}"

    def tensor(self, depth: int) -> str:
        rng = self.rng
        if depth == 0 or rng.random() < 0.15:
            return rng.choice(self.names)
        draw = rng.random()
        if draw < 0.35:
            return rng.choice(_UNARY).format(self.tensor(depth - 1))
        if draw < 0.65:
            return rng.choice(_BINARY).format(self.tensor(depth - 1), self.tensor(depth - 1))
        if draw < 0.75:
            return f"({self.step()}) * ({self.tensor(depth - 1)})"
        if draw < 0.85:
            compared = rng.choice(_COMPARED).format(rng.choice(self.names), rng.choice(self.names))
            return f"where({compared}, {self.tensor(depth - 1)}, {self.tensor(depth - 1)})"
        if draw < 0.95:
            kind = rng.choice(("scalar", "row", "col"))
            return f"({self.tensor(depth - 1)}) * {rng.choice(_REDUCED[kind]).format(rng.choice(self.names))}"
        return f"clip({self.tensor(depth - 1)}, -0.5, {self.step()})"

    def step(self) -> str:
        return self.rng.choice((*_OF_STEP, *self.scalars))

    def of_kind(self, kind: str) -> str:
        if kind == "step":
            return f"0.9 * ({self.step()}) + 0.1 * ({self.step()})"
        if kind == "tensor":
            return self.tensor(2)
        reduced = self.rng.choice(_REDUCED[kind]).format(self.tensor(1))
        own = [name for name, other in self.kinds.items() if other == kind]
        return f"0.5 * {self.rng.choice(own)} + {reduced}"
