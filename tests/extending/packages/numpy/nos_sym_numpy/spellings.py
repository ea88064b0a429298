"""How NumPy spells the operations; what is not here is written by its definition, or refused by name."""

from nos_sym.backends.spelling import spell

spell("numpy", "g", "gradient")
spell("numpy", "w", "weight")
spell("numpy", "p", "t / total_steps")
spell("numpy", "r", "(2 * t % total_steps) / total_steps")
spell("numpy", "remaining", "(total_steps - 1 - t) / total_steps")
spell("numpy", "correction", "1 - {0} ** (step + 1)")
spell("numpy", "cospi", "np.cos(np.pi * {0})")
for _name in ("sqrt", "exp", "abs", "tanh", "arcsinh", "arctan", "sign", "sinh"):
    spell("numpy", _name, f"np.{_name}({{0}})")
spell("numpy", "ln", "np.log({0})", guarded="np.log(np.maximum({0}, 1e-30))")
spell("numpy", "max", "np.maximum({0}, {1})")
spell("numpy", "min", "np.minimum({0}, {1})")
spell("numpy", "softplus", "np.logaddexp({0}, 0.0)")
spell("numpy", "sigmoid", "1 / (1 + np.exp(-{0}))")
spell("numpy", "div", guarded="np.divide({0}, {1}, out=np.zeros_like({0} * {1}), where={1} != 0)")
spell("numpy", "clip_norm", "{0} / max(1.0, np.linalg.norm({0}))")
