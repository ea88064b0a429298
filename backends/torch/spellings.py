"""How PyTorch spells the operations; tensors are ``torch``, the scalars of a step Python's own numbers."""

from nos_sym.backends.spelling import spell

spell("torch", "g", "gradient")
spell("torch", "w", "weight")
spell("torch", "cospi", "torch.cos(math.pi * {0})", unbounded="torch.cos(math.pi * torch.fmod({0}, 2))")
spell("torch", "ln", "torch.log({0})", guarded="torch.log(torch.clamp({0}, min=1e-30))")
spell("torch", "sqrt", "torch.sqrt({0})")
spell("torch", "exp", "torch.exp({0})")
spell("torch", "abs", "torch.abs({0})")
spell("torch", "erf", "torch.erf({0})")
spell("torch", "erfc", "torch.erfc({0})")
# Without a compiler PyTorch computes its own one number at a time.
spell("torch", "arcsinh", "asinh({0})", plain="torch.asinh({0})")
# Twice as fast as PyTorch's own where it is compiled.
spell("torch", "tanh", "tanhf({0})", plain="torch.tanh({0})")
# Compiled, PyTorch's own is slower than a polynomial.
spell("torch", "arctan", "atan({0})", plain="torch.atan({0})")
# Compiled, PyTorch computes its own one number at a time.
spell("torch", "i1e", "i1e({0})", plain="torch.special.i1e({0})", small="i1e_small({0})")
# torch.sign(NaN) is 0, which would hide a broken gradient in one backend only.
spell("torch", "sign", "torch.where(torch.isnan({0}), {0}, torch.sign({0}))")
spell("torch", "sigmoid", "torch.sigmoid({0})")
# The default threshold of 20 is off by 1e-10 in float64; at 40 the linear branch is exact.
spell("torch", "softplus", "torch.nn.functional.softplus({0}, threshold=40)")
spell("torch", "max", "torch.maximum({0}, {1})", scalar="torch.clamp({0}, min={1})")
spell("torch", "min", "torch.minimum({0}, {1})", scalar="torch.clamp({0}, max={1})")
spell("torch", "div", guarded="torch.where({1} == 0, 0.0, {0} / {1})")
spell("torch", "abspow", guarded="torch.where(({0} == 0) & ({1} < 0), 0.0, {0} ** {1})")
spell("torch", "wmean", "torch.lerp({0}, {1}, {3})")
spell("torch", "drop", "torch.where({1} < {rate}, 0.0, {0} / {co_rate})")
spell("torch", "clip_norm", "clip_norm({0})", plain="{0} / torch.clamp(torch.linalg.vector_norm({0}), min=1)")
spell("torch", "less", "{0} < {1}")
spell("torch", "less_equal", "{0} <= {1}")
spell("torch", "equal", "{0} == {1}")
spell("torch", "logical_and", "{0} & {1}", scalar="({0} != 0) & ({1} != 0)")
spell("torch", "logical_or", "{0} | {1}", scalar="({0} != 0) | ({1} != 0)")
spell("torch", "logical_not", "~{0}")
spell(
    "torch", "where", "torch.where({0}, {1}, {2})", scalar="torch.where(as_condition({0}, weight), {1}, {2})"
)
spell("torch", "floor", "torch.floor({0})")
spell("torch", "mod", "modulo({0}, {1})")
# Filled where the weight is; a number that is copied there waits for the device.
spell("torch", "rows", "weight.new_full((), weight.shape[-2] if weight.ndim > 1 else 1)")
spell("torch", "cols", "weight.new_full((), weight.shape[-1] if weight.ndim else 1)")
spell("torch", "first_axis", "weight.new_full((), weight.shape[0] if weight.ndim else 1)")
spell("torch", "second_axis", "weight.new_full((), weight.shape[1] if weight.ndim > 1 else 1)")
spell("torch", "size", "weight.new_full((), weight.numel())")
spell("torch", "rank", "weight.new_full((), weight.ndim)")
spell("torch", "norm2", "norm2({0})", plain="torch.linalg.vector_norm({0})")
spell("torch", "norm1", "torch.sum(torch.abs({0}))")
spell(
    "torch",
    "norm_inf",
    "norm_inf({0})",
    plain="torch.max(torch.abs({0})) if weight.numel() else torch.sum({0})",
)
spell("torch", "sum", "torch.sum({0})")
# Not torch.mean, which is NaN where there are no entries; a mean of none is 0.
spell("torch", "mean", "torch.sum({0}) / max(weight.numel(), 1)")
spell(
    "torch",
    "rms",
    "norm2({0}) / max(weight.numel(), 1) ** 0.5",
    plain="torch.linalg.vector_norm({0}) / max(weight.numel(), 1) ** 0.5",
)
spell("torch", "row_mean", "torch.sum({0}, -1, keepdim=True) / max([1, *weight.shape[-1:]])")
spell("torch", "row_sum", "torch.sum({0}, -1, keepdim=True)")
spell("torch", "row_max", "row_max({0})")
spell(
    "torch",
    "col_mean",
    "{0}.clone() if weight.ndim < 2 else torch.sum({0}, -2, keepdim=True) / max(weight.shape[-2], 1)",
)
spell("torch", "col_sum", "{0}.clone() if weight.ndim < 2 else torch.sum({0}, -2, keepdim=True)")
spell("torch", "col_max", "column_max({0})")
spell("torch", "mean_rest", "mean_rest({0})")
spell("torch", "largest_rest", "largest_rest({0})")
spell("torch", "mean_first", "mean_first({0})")
spell("torch", "largest_first", "largest_first({0})")
spell("torch", "orth", "orth({0}, {steps}, {1}, {2}, {3}, {4}, {5})")
spell("torch", "newton_schulz", "newton_schulz({0}, {1}, {2}, {3})")
spell("torch", "orth_flat", "orth_flat({0}, {steps}, {1}, {2}, {3}, {4}, {5})")
spell("torch", "newton_schulz_flat", "newton_schulz_flat({0}, {1}, {2}, {3})")
spell("torch", "orth_exact", "orth_exact({0})")
