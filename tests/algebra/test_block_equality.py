"""Optimizers with states: what libraries write in different ways is one, and near misses are told apart."""

from __future__ import annotations

import pytest

from nos_sym.algebra.canonical import key_of
from nos_sym.algebra.dedup import Item, deduplicate
from nos_sym.algebra.equivalence import compare, identities_of
from nos_sym.algebra.identities import OF_BLOCKS, Identity
from nos_sym.algebra.levels import Level, level_key
from nos_sym.algebra.verdicts import Different, Equal, Unknown
from nos_sym.language.parser import parse

ADAM = "m <- 0.9*m + 0.1*g; v <- 0.999*v + 0.001*g^2; "
YOGI = "state m = 1e-6, v = 1e-6; m <- 0.9*m + 0.1*g; "
SGD = "{ state v; v <- 0.9*v + g; w <- w - lr*v }"

EQUAL = {
    "Adamax: torch, optax": (
        """{ state exp_avg, exp_inf
             exp_avg <- exp_avg + 0.1*(g - exp_avg)
             exp_inf <- max(0.999*exp_inf, abs(g) + 1e-8)
             w <- w - lr/(1 - 0.9^(t + 1)) * exp_avg/exp_inf }""",
        """{ state nu, mu
             mu <- 0.1*g + 0.9*mu; nu <- max(abs(g) + 1e-8, nu*0.999)
             w <- w - lr*(mu/(1 - 0.9^(1 + t))/nu) }""",
    ),
    "Adadelta: torch, optax": (
        """{ state s, a; s <- 0.9*s + 0.1*g*g; d = sqrt(a + 1e-6)/sqrt(s + 1e-6)*g; a <- 0.9*a + 0.1*d*d
             w <- w - lr*d }""",
        """{ state e_x, e_g; e_g <- 0.9*e_g + 0.1*g^2; u = sqrt(e_x + 1e-6)*g/sqrt(e_g + 1e-6)
             e_x <- (1 - 0.1)*e_x + 0.1*u^2; w <- w + -lr*u }""",
    ),
    "Adadelta: optax, Keras": (
        """{ state e_g, e_x; e_g <- 0.9*e_g + 0.1*g^2; u = sqrt(e_x + 1e-6)/sqrt(e_g + 1e-6)*g
             e_x <- 0.9*e_x + 0.1*u^2; w <- w - lr*u }""",
        """{ state accumulated_grad, accumulated_delta
             accumulated_grad <- accumulated_grad*0.9 + 0.1*g^2
             delta_var = -sqrt(accumulated_delta + 1e-6)*g/sqrt(accumulated_grad + 1e-6)
             accumulated_delta <- accumulated_delta*0.9 + 0.1*delta_var^2; w <- w + lr*delta_var }""",
    ),
    "Adadelta: torch, pytorch_optimizer": (
        """{ state s, a; s <- 0.9*s + 0.1*g^2; d = sqrt(a + 1e-6)/sqrt(s + 1e-6)*g; a <- 0.9*a + 0.1*d^2
             w <- w - lr*d }""",
        """{ state square_avg, acc_delta; square_avg <- square_avg*0.9 + 0.1*g^2
             d = sqrt(acc_delta + 1e-6)*(1/sqrt(square_avg + 1e-6))*g
             acc_delta <- acc_delta*0.9 + d*d*0.1; w <- w - d*lr }""",
    ),
    "Yogi: optax, pytorch_optimizer": (
        f"""{{ {YOGI} v <- v - 0.001*sign(v - g^2)*g^2
             w <- w - lr*(m/(1 - 0.9^(t + 1)))/(sqrt(v/(1 - 0.999^(t + 1))) + 1e-3) }}""",
        """{ state exp_avg_sq = 1e-6, exp_avg = 1e-6
             exp_avg_sq <- exp_avg_sq + sign(g*g - exp_avg_sq)*g*g*(1 - 0.999)
             exp_avg <- exp_avg*0.9 + g*(1 - 0.9)
             w <- w - lr/(1 - 0.9^(t + 1))*exp_avg/(sqrt(exp_avg_sq)/sqrt(1 - 0.999^(t + 1)) + 1e-3) }""",
    ),
    "NovoGrad: optax, pytorch_optimizer(grad_averaging=False)": (
        """{ state nu: scalar, mu; n = norm2(g)^2; nu <- where(t == 0, n, 0.25*nu + 0.75*n)
             mu <- 0.9*mu + g/(sqrt(nu) + 1e-6); w <- w - lr*mu }""",
        """{ state exp_avg, exp_avg_sq: scalar; n = sum(g*g)
             exp_avg_sq <- where(t == 0, n, exp_avg_sq*0.25 + n*(1 - 0.25)); d = g/(sqrt(exp_avg_sq) + 1e-6)
             exp_avg <- where(t == 0, d, exp_avg*0.9 + d); w <- w - lr*exp_avg }""",
    ),
    "momentum": ("momentum ~ g", "{ state v; v <- momentum*v + lr*g; w <- w - v }"),
    "Nesterov's momentum": (
        "nesterov ~ tanh(g)",
        "{ state v; v <- momentum*v + lr*tanh(g); w <- w - lr*tanh(g) - momentum*v }",
    ),
    "momentum of a constant 0.9": (
        "{ state v; v <- 0.9*v + lr*g; w <- w - v }",
        "{ state a; a <- 0.9*a + 0.1*lr*g; w <- w - 10*a }",
    ),
    "momentum and an average written crosswise": (
        "{ state a, b; a <- 0.9*a + g; b <- 0.8*b + 0.2*g; w <- w - lr*(a + b) }",
        """{ state x, y; a = (x + y)/2; b = (x - y)/2; c = 0.9*a + g; d = 0.8*b + 0.2*g; x <- c + d
             y <- c - d; w <- w - lr*x }""",
    ),
    "an average of an average": ("none ~ ema(ema(g,.8),.9)", "none ~ 1.8*ema(g,.9) - 0.8*ema(g,.8)"),
    "SGD with momentum: torch, optax": (
        "{ state b; d = g + 0.1*w; b <- where(t == 0, d, 0.9*b + d); w <- w - lr*b }",
        "{ state trace; u = 0.1*w + g; trace <- u + 0.9*trace; w <- w - lr*trace }",
    ),
    "Nesterov of torch, of optax": (
        "{ state b; b <- where(t == 0, g, 0.9*b + g); d = g + 0.9*b; w <- w - lr*d }",
        "{ state trace; f = g + 0.9*trace; trace <- f; w <- w - lr*(g + 0.9*f) }",
    ),
    "AdamW: torch, optax": (
        "{ state m, v; w <- w*(1 - lr*0.01); " + ADAM
        + "w <- w - lr/(1 - 0.9^(t+1))*m/(sqrt(v)/sqrt(1 - 0.999^(t+1)) + 1e-8) }",
        "none ~ ema_hat(g, 0.9)/(sqrt(ema_hat(g^2, 0.999)) + 1e-8) + 0.01*w",
    ),
    "AMSGrad of torch, in one line": (
        "{ state m, v, n; " + ADAM + "n <- max(n, v); "
        "w <- w - lr/(1 - 0.9^(t+1))*m/(sqrt(n)/sqrt(1 - 0.999^(t+1)) + 1e-8) }",
        "none ~ ema_hat(g, 0.9)/(sqrt(running_max(ema(g^2, 0.999))/correction(0.999)) + 1e-8)",
    ),
    "Lion: pytorch_optimizer, optax": (
        "{ state m; u = sign(m*0.9 + g*(1 - 0.9)); m <- m*0.99 + g*0.01; w <- w*(1 - lr*0.1) - lr*u }",
        "{ state mu; u = sign(mu + 0.1*(g - mu)); mu <- mu + 0.01*(g - mu); w <- w - lr*(u + 0.1*w) }",
    ),
    "centered RMSProp": (
        """{ state v, a; v <- 0.99*v + 0.01*g^2; a <- a + 0.01*(g - a)
             w <- w - lr*g/(sqrt(v - a^2) + 1e-8) }""",
        "none ~ g/(sqrt(ema(g^2, 0.99) - ema(g, 0.99)^2) + 1e-8)",
    ),
    "Adagrad with a sum of squares twice": (
        "{ state s; s <- s + g^2; w <- w - lr*g/(sqrt(s) + 1e-10) }",
        "{ state a, b; a <- a + 2*g^2; b <- b + g^2; w <- w - lr*g/(sqrt(a - b) + 1e-10) }",
    ),
    "corrections as states": (
        "none ~ ema_hat(g, 0.9)",
        "{ state q: step = 1; state m; q <- 0.9*q; m <- 0.9*m + 0.1*g; w <- w - lr*m/(1 - q) }",
    ),
    "a branch that is no choice": ("none ~ abs(g)", "{ w <- where(g < 0, w + lr*g, w - lr*g) }"),
    "LAMB with the norm written out": (
        """{ state m, v; """ + ADAM + """u = m/(sqrt(v) + 1e-6) + 0.01*w
             w <- w - lr*where(norm2(w) > 0 and norm2(u) > 0, norm2(w)/norm2(u), 1)*u }""",
        """{ state m, v; """ + ADAM + """u = 0.01*w + m/(sqrt(v) + 1e-6); a = sqrt(sum(w^2))
             b = sqrt(sum(u*u)); w <- w - lr*where(0 < b and 0 < a, a/b, 1)*u }""",
    ),
}  # fmt: skip

DIFFERENT = {
    "epsilons far below a usual gradient": (
        "{ state m; m <- 0.5*m + g; w <- w - lr*m/(abs(m) + 1e-20) }",
        "{ state m; m <- 0.5*m + g; w <- w - lr*m/(abs(m) + 2e-20) }",
    ),
    "a rate that changes": (SGD, "momentum ~ g"),
    "a rate that changes, with a constant momentum": (
        SGD, "{ state v; v <- 0.9*v + lr*g; w <- w - v }",
    ),
    "AMSGrad: torch, optax": (
        "{ state m, v, n; " + ADAM + "n <- max(n, v); "
        "w <- w - lr/(1 - 0.9^(t+1))*m/(sqrt(n)/sqrt(1 - 0.999^(t+1)) + 1e-8) }",
        "{ state m, v, n; " + ADAM + "n <- max(n, v/(1 - 0.999^(t+1))); "
        "w <- w - lr/(1 - 0.9^(t+1))*m/(sqrt(n) + 1e-8) }",
    ),
    "NAdam: torch, optax": (
        """{ state m, v, mu_product: step = 1
             mu = 0.9*(1 - 0.5*0.96^(0.004*(t+1))); mu_next = 0.9*(1 - 0.5*0.96^(0.004*(t+2)))
             mu_product <- mu_product*mu; """
        + ADAM + """d = sqrt(v/(1 - 0.999^(t+1))) + 1e-8
             w <- w - lr*((1 - mu)/(1 - mu_product)*g/d + mu_next/(1 - mu_product*mu_next)*m/d) }""",
        "{ state m, v; " + ADAM + """h = 0.9*m/(1 - 0.9^(t+2)) + 0.1*g/(1 - 0.9^(t+1))
             w <- w - lr*h/(sqrt(v/(1 - 0.999^(t+1))) + 1e-8) }""",
    ),
    "RMSProp: eps inside the root": (
        "{ state v; v <- 0.99*v + 0.01*g^2; w <- w - lr*g/(sqrt(v) + 1e-8) }",
        "{ state v; v <- 0.99*v + 0.01*g^2; w <- w - lr*g/sqrt(v + 1e-8) }",
    ),
    "Adamax: torch, Keras": (
        "{ state m, u; m <- 0.9*m + 0.1*g; u <- max(0.999*u, abs(g) + 1e-7); "
        "w <- w - lr/(1 - 0.9^(t+1))*m/u }",
        "{ state m, u; m <- 0.9*m + 0.1*g; u <- max(0.999*u, abs(g)); "
        "w <- w - lr/(1 - 0.9^(t+1))*m/(u + 1e-7) }",
    ),
    "one beta": (
        "{ state m, v; " + ADAM + "w <- w - lr*m/(sqrt(v) + 1e-8) }",
        "{ state m, v; m <- 0.9*m + 0.1*g; v <- 0.998*v + 0.002*g^2; w <- w - lr*m/(sqrt(v) + 1e-8) }",
    ),
    "one start": (
        f"{{ {YOGI} v <- v - 0.001*sign(v - g^2)*g^2; w <- w - lr*m/(sqrt(v) + 1e-3) }}",
        f"{{ {YOGI.replace('v = 1e-6', 'v = 2e-6')} v <- v - 0.001*sign(v - g^2)*g^2; "
        "w <- w - lr*m/(sqrt(v) + 1e-3) }",
    ),
    "old for new in one place": (
        "{ state m; m <- 0.9*m + 0.1*g; w <- w - lr*sign(m) }",
        "{ state m; q = m; m <- 0.9*m + 0.1*g; w <- w - lr*sign(q) }",
    ),
    "states that agree from step 2 on": (
        "{ state m; m <- where(t < 2, g, tanh(g) + m - m); w <- w - lr*m }",
        "{ state m; m <- where(t < 1, g, where(t < 2, 2*g, tanh(g))); w <- w - lr*m }",
    ),
    "one step of a long training": (
        "{ w <- w - lr*where(t == 50, 2, 1)*g }", "none ~ g",
    ),
    "rows for the first axis": ("{ w <- w - lr*row_mean(g) }", "{ w <- w - lr*mean_rest(g) }"),
    "columns for all other axes": (
        "{ if rank >= 2 { w <- w - lr*col_max(g) } else { w <- w - lr*g } }",
        "{ if rank >= 2 { w <- w - lr*largest_first(g) } else { w <- w - lr*g } }",
    ),
    "rows for the length of the first axis": (
        "{ if rank >= 2 { w <- w - lr*rows*g } else { w <- w - lr*g } }",
        "{ if rank >= 2 { w <- w - lr*first_axis*g } else { w <- w - lr*g } }",
    ),
    "rows for columns": ("{ w <- w - lr*row_mean(g) }", "{ w <- w - lr*col_mean(g) }"),
    "a state that sees the weight": (
        "{ state m; w <- w - lr*g; m <- 0.9*m + w; w <- w - m }",
        "{ state m; m <- 0.9*m + w; w <- w - lr*g; w <- w - m }",
    ),
    "Adagrad: torch, optax": (
        "{ state s; s <- s + g^2; w <- w - lr*g/(sqrt(s) + 1e-7) }",
        "{ state s; s <- s + g^2; w <- w - lr*where(s > 0, g/sqrt(s + 1e-7), 0) }",
    ),
    "a weight that never had a gradient": (
        "{ w <- where(g == 0, w, w - lr*w) }", "none ~ w",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EQUAL)
def test_equal(name: str) -> None:
    a, b = map(parse, EQUAL[name])
    for first, second in ((a, b), (b, a)):
        assert isinstance(compare(first, second), Equal)


@pytest.mark.parametrize("name", DIFFERENT)
def test_different(name: str) -> None:
    a, b = map(parse, DIFFERENT[name])
    found = compare(a, b)
    assert isinstance(found, Different)
    counterexample = found.counterexample
    assert counterexample.first != counterexample.second
    assert key_of(a) != key_of(b)


@pytest.mark.parametrize("identity", OF_BLOCKS, ids=lambda i: i.name)
def test_identities_of_blocks(identity: Identity) -> None:
    a, b = parse(identity.left), parse(identity.right)
    found = compare(a, b)
    assert isinstance(found, Equal)
    assert identity in (*found.first, *found.second) or identity in identities_of([a, b])


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("{ w <- w - lr*g }", "none ~ g"),
        ("{ state v; v <- momentum*v - lr*tanh(g); w <- w + v }", "momentum ~ tanh(g)"),
        ("{ state v; v <- momentum*v + 2*lr*g; w <- w - (momentum*v + 2*lr*g)/2 }", "nesterov ~ g"),
        ("{ state n; n <- g - n; w <- w - lr*n }", "none ~ delta(g)"),
        (
            "{ state a, b; a <- 0.9*a + 0.1*g; b <- 0.9*b + 0.1*a; w <- w - lr*b }",
            "none ~ ema(ema(g, 0.9), 0.9)",
        ),
        ("{ state unused; unused <- unused + w; w <- w - lr*g }", "none ~ g"),
    ],
)
def test_a_block_that_is_a_rule_of_one_line_has_its_key(left: str, right: str) -> None:
    assert key_of(parse(left)) == key_of(parse(right))


@pytest.mark.parametrize(
    ("text", "other"),
    [
        # Weights move by the square of the rate, which is no rule of one line times lr.
        ("{ w <- w - lr^2*g }", "none ~ g"),
        # The momentum is of the state, and the rate of the step.
        ("{ state v; v <- momentum*v + g; w <- w - lr*v }", "momentum ~ g"),
        ("{ state v = 1; v <- momentum*v - lr*g; w <- w + v }", "momentum ~ g"),
        # A count of steps is no function of the training's step: a parameter may start late.
        ("{ w <- w - lr*t*g }", "none ~ g"),
    ],
)
def test_a_block_that_is_none_has_another(text: str, other: str) -> None:
    assert key_of(parse(text)) != key_of(parse(other))
    assert isinstance(compare(parse(text), parse(other)), Different)
    assert isinstance(compare(parse(text), parse(other), Level.SCHEDULE), Unknown)


def test_states_for_all_parameters_are_no_states_of_one() -> None:
    # A parameter that starts late finds what the others left.
    shared = parse("{ state s: global; s <- s + total(g); w <- w - lr*s }")
    own = parse("{ state s; s <- s + total(g); w <- w - lr*s }")
    assert not isinstance(compare(shared, own), Equal)
    assert isinstance(compare(shared, shared), Equal)


def test_levels_of_blocks() -> None:
    a = parse("{ state s; s <- max(0.9*s, abs(g)); w <- w + lr*s }")
    b = parse("{ state s; s <- max(0.9*s, 2*abs(g)); w <- w - lr*s }")
    c = parse("{ state s; s <- max(0.9*s, 2*abs(g)); w <- w - 0.5*lr*s }")
    assert isinstance(compare(a, b), Different)
    assert isinstance(compare(a, b, Level.SCALE), Equal)
    assert isinstance(compare(a, c, Level.SIGN), Equal)
    assert not isinstance(compare(a, b, Level.SIGN), Equal)
    assert level_key(a, Level.SCALE) == level_key(b, Level.SCALE)


def test_deduplication_takes_blocks() -> None:
    texts = ("none ~ ema(g, 0.9)", "{ state q; q <- 0.9*q + g; w <- w - 0.1*lr*q }", SGD, "none ~ g")
    for level in (Level.EXACT, Level.FLOAT32):
        found = deduplicate([Item(text, parse(text)) for text in texts], level)
        assert found.class_of == (0, 0, 1, 2)
