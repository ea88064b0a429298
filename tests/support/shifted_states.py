"""Blocks in which a new state is what something else was before the step, which the step overwrites."""

from __future__ import annotations

SHIFTED = tuple(map("{{ {} }}".format, (
    "state s; x = s; s <- w; w <- w - lr * (x + g)",
    "state a; state b = w; x = a; a <- b + g; b <- w; w <- x - lr * (a + b)",
    "state a; state b; x = a; a <- b + g; b <- x; w <- w - lr * (a + b)",
    "state a = g; state b = w; x = a; a <- b; b <- x; w <- w - lr * (a + b)",
    "state a = w, b, c = g; y = b; z = a; a <- c; b <- z; c <- y; w <- w - lr * (a + 2*b + 3*c) * g",
    "state a: step; state b: step; x = a; a <- b + t; b <- x; w <- w - lr * (a + b) * g",
    "state a: row; state b; x = a; a <- row_mean(b + g); b <- x; w <- w - lr * (a + b)",
    "state a: col; state b: scalar; x = a; a <- col_mean(b + g); b <- mean(x); w <- w - lr * (a + b)",
    "state b: scalar = 1; y = b; b <- mean(w); w <- y - lr * g; b <- b + mean(w)",
    "state b: scalar = 1; y = b; w <- y - lr * g; b <- mean(w)",
    "state a = w; y = w; w <- a; a <- y - lr * g",
    "state a; y = w; w <- a - lr * g; a <- y",
)))  # fmt: skip
