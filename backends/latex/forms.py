"""How LaTeX writes the operations; :mod:`nos_sym.backends.latex.expression` documents the fields of a
template."""

from nos_sym.backends.latex.form import write

write("g", "g_t")
write("w", "w_t")
write("p", "p", "p = t/T")
write("r", "r", r"r = (2t \bmod T)/T")
write("remaining", r"\rho", r"\rho = 1 - (t+1)/T")
write("cospi", r"\cos(\pi\,{0:product})")
write("correction", r"1 - {beta:atom}^{{t+1}}")
write("id", "{0}")
write("neg", "-{0:product}")
write("ln", r"\ln{0:|call}")
write("sqrt", r"\sqrt{{{0:|}}}")
write("exp", r"\exp({0})")
write("abs", r"\lvert {0} \rvert")
write("erf", r"\operatorname{{erf}}({0})")
write("erfc", r"\operatorname{{erfc}}({0})")
write("arcsinh", r"\operatorname{{arcsinh}}({0})")
write("tanh", r"\tanh({0})")
write("arctan", r"\arctan({0})")
write("recip", r"\frac{{1}}{{{0}}}")
write("i1e", r"\operatorname{{i1e}}({0})", r"\operatorname{i1e}(x) = e^{-\lvert x \rvert}\,I_1(x)")
write("sign", r"\operatorname{{sign}}({0})")
write("sigmoid", r"\sigma({0})", r"\sigma(x) = 1/(1 + e^{-x})")
write("dsoft", r"\frac{{1}}{{1 + {0:|product}}}")
write("softplus", r"\ln(1 + \exp({0}))")
write("softsign", r"\operatorname{{softsign}}({0})", r"\operatorname{softsign}(x) = x/(1 + \lvert x \rvert)")
write("dtanh", r"1 - \tanh^2({0})")
write("dsig", r"\sigma'({0})", r"\sigma'(x) = e^{-x}/(1 + e^{-x})^2")
write("add", "{0:signed} + {1:sum}")
write("sub", "{0:signed} - {1:product}")
write("mul", r"{0:product}\,{1:product}")
write("max", r"\max({0}, {1})")
write("min", r"\min({0}, {1})")
write("div", r"\frac{{{0}}}{{{1}}}")
write("rdiv", r"\frac{{{0}}}{{\sqrt{{1 + {1:atom}^2}}}}")
write(
    "clip",
    r"\operatorname{{clip}}({0}, {1})",
    r"\operatorname{clip}(x, y) = \min(\max(x, -\lvert y \rvert), \lvert y \rvert)",
)
write("wmean", r"{weight:product}\,{0:product} + {co_weight:product}\,{1:product}")
write("abspow", r"{0:|atom}^{{{1}}}")
write("pow", "{0:atom}^{{{exponent}}}")
write("scale", r"{0:product}\,{1:product}")
write("ema", r"\operatorname{{ema}}_{{{beta}}}({0})")
write("ema_hat", r"\widehat{{\operatorname{{ema}}}}_{{{beta}}}({0})")
write("delta", r"\operatorname{{delta}}({0})")
write("running_max", r"\operatorname{{runmax}}({0})")
write(
    "drop",
    r"\operatorname{{drop}}_{{{rate}}}^{{({draw})}}({0})",
    r"\operatorname{drop}_{q}^{(k)}(x) = \xi_k\,x/(1 - q), \quad \xi_k \in \{0, 1\}, "
    r"\quad \mathrm{P}(\xi_k = 0) = q",
)
write("clip_norm", r"\operatorname{{norm}}({0})", r"\operatorname{norm}(x) = x/\max(1, \lVert x \rVert_2)")

for _index in range(1, 15):
    write(f"a{_index}", f"a_{{{{{_index}}}}}")

write("t", "t")
write("T", "T")
write("lr", r"\eta_t")
write("momentum", r"\mu_t")
write("rows", r"\mathrm{{rows}}")
write("cols", r"\mathrm{{cols}}")
write("first_axis", r"\mathrm{{axis}}_1")
write("second_axis", r"\mathrm{{axis}}_2")
write("size", r"\mathrm{{size}}")
write("rank", r"\mathrm{{rank}}")
write("less", "{0:signed} < {1:signed}")
write("less_equal", r"{0:signed} \le {1:signed}")
write("equal", "{0:signed} = {1:signed}")
write("logical_and", r"({0}) \wedge ({1})")
write("logical_or", r"({0}) \vee ({1})")
write("logical_not", r"\neg({0})")
write("where", r"\begin{{cases}} {1} & \text{{if }} {0} \\ {2} & \text{{otherwise}} \end{{cases}}")
write("floor", r"\lfloor {0} \rfloor")
write("mod", r"({0:product} \bmod {1:atom})")
write("norm2", r"\lVert {0} \rVert_2")
write("norm1", r"\lVert {0} \rVert_1")
write("norm_inf", r"\lVert {0} \rVert_\infty")
write("sum", r"\operatorname{{sum}}({0})")
write("mean", r"\operatorname{{mean}}({0})")
write("rms", r"\operatorname{{rms}}({0})")
write("row_mean", r"\operatorname{{mean}}_{{\text{{row}}}}({0})")
write("col_mean", r"\operatorname{{mean}}_{{\text{{col}}}}({0})")
write("row_sum", r"\operatorname{{sum}}_{{\text{{row}}}}({0})")
write("col_sum", r"\operatorname{{sum}}_{{\text{{col}}}}({0})")
write("row_max", r"\operatorname*{{max}}_{{\text{{row}}}}({0})")
write("col_max", r"\operatorname*{{max}}_{{\text{{col}}}}({0})")
write("mean_rest", r"\operatorname{{mean}}_{{\text{{rest}}}}({0})")
write("largest_rest", r"\operatorname*{{max}}_{{\text{{rest}}}}({0})")
write("mean_first", r"\operatorname{{mean}}_{{\text{{first}}}}({0})")
write("largest_first", r"\operatorname*{{max}}_{{\text{{first}}}}({0})")
write(
    "orth",
    r"\operatorname{{orth}}^{{({steps})}}_{{{a}, {b}, {c}; {eps}, {plus}}}({0})",
    r"\operatorname{orth}^{(k)}_{a, b, c; \varepsilon, \delta}(x) = "
    r"U f^k(\Sigma / (\max(\lVert x \rVert_F, \varepsilon) + \delta)) V^\top, "
    r"\quad x = U \Sigma V^\top, \quad f(s) = a s + b s^3 + c s^5",
)
write(
    "newton_schulz",
    r"\operatorname{{NS}}_{{{a}, {b}, {c}}}({0})",
    r"\operatorname{NS}_{a, b, c}(x) = a x + b x x^\top x + c (x x^\top)^2 x",
)
# The unfolding of a tensor along its first axis, as a matrix of that axis by all others, is written x_(1).
write(
    "orth_flat",
    r"\operatorname{{orth}}^{{\flat ({steps})}}_{{{a}, {b}, {c}; {eps}, {plus}}}({0})",
    r"\operatorname{orth}^{\flat (k)}_{a, b, c; \varepsilon, \delta}(x) = "
    r"U f^k(\Sigma / (\max(\lVert x \rVert_F, \varepsilon) + \delta)) V^\top, "
    r"x_{(1)} = U \Sigma V^\top, f(s) = a s + b s^3 + c s^5",
)
write(
    "newton_schulz_flat",
    r"\operatorname{{NS}}^\flat_{{{a}, {b}, {c}}}({0})",
    r"\operatorname{NS}^\flat_{a, b, c}(x) = a y + b y y^\top y + c (y y^\top)^2 y, \quad y = x_{(1)}",
)
write(
    "orth_exact",
    r"\operatorname{{orth}}({0})",
    r"\operatorname{orth}(x) = U V^\top, \quad x = U \Sigma V^\top, \quad \Sigma > 0",
)
write("total", r"\operatorname{{total}}({0})")
