"""AMSGradKeras, an optimizer for PyTorch.

Rule: AMSGradKeras = none ~ [sqrt(correction(0.999)) / correction(0.9)] ema(g, 0.9) / (sqrt(running_max(ema(g^2, 0.999))) + 1e-7)
Source: Reddi et al. 2018, as keras.optimizers.Adam with amsgrad
Canonical: none ~ [sqrt(correction(0.999)) / correction(0.9)] ema(g, 0.9) / (sqrt(running_max(ema(g^2, 0.999))) + 1e-7)
"""

import math
import warnings
from functools import cache
from itertools import accumulate

import torch
from torch.optim import Optimizer

STATE = ("v", "s", "peak")
# Elements of a block, whose temporaries fit the caches.
BLOCK = {"cpu": 2**17 * torch.get_num_threads()}
COMPILED = cache(torch.compile)


def scalars(step, group):
    """Return the scalars of one step; steps count from 0."""
    beta1, beta2 = group["betas"]
    correction = 1 - beta2 ** (step + 1)
    correction_2 = 1 - beta1 ** (step + 1)
    decay = math.sqrt(correction) / correction_2
    co_beta1 = 1 - beta1
    co_beta2 = 1 - beta2
    return decay, co_beta1, co_beta2


def limited(x, root):
    """Return x as far as x**root is finite, and NaN where x is not finite."""
    bound = torch.finfo(x.dtype).max ** (1 / root) / 4
    return torch.add(torch.clamp(x, -bound, bound), x, alpha=0)


def update(gradient, weight, v, s, peak, lr, decay, co_beta1, co_beta2):
    """Return the change of one tensor and its new state."""
    gradient = limited(gradient, 2)
    v = torch.lerp(v, gradient, co_beta1)
    s = torch.lerp(s, gradient**2, co_beta2)
    peak = torch.maximum(s, peak)
    u = decay * v / (torch.sqrt(peak) + 1e-7)
    return -lr * u, v, s, peak


class AMSGradKeras(Optimizer):
    """AMSGradKeras; one step computes

        w <- w - lr * U
        U = [sqrt(correction(0.999)) / correction(0.9)] ema(g, 0.9) / (sqrt(running_max(ema(g^2, 0.999))) + 1e-7)
        where
            running_max(ema(g^2, 0.999)) = peak
            peak <- max(ema(g^2, 0.999), peak), 0 at the start
            ema(g^2, 0.999) = s
            s <- 0.999 * s + 0.001 * g^2, 0 at the start
            ema(g, 0.9) = v
            v <- 0.9 * v + 0.1 * g, 0 at the start
            correction(beta) = 1 - beta^(t+1)
            t = 0, 1, ... counts the steps

    Args:
        params: parameters to optimize, or dicts that define parameter groups.
        lr: learning rate, a float or a tensor of one element.
        betas: coefficients of average v, average s.
        maximize: ascend instead of descending.
        foreach: False updates tensor by tensor instead of in blocks.
        differentiable: let autograd record the steps.
        compile: update all tensors in one compiled graph; the first step takes seconds.
    """

    def __init__(
        self,
        params,
        lr=1e-3,
        betas=(0.9, 0.999),
        *,
        maximize=False,
        foreach=None,
        differentiable=False,
        compile=False,
    ):
        if isinstance(lr, torch.Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if not lr >= 0:
            raise ValueError(f"Invalid lr: {lr}")
        if not (len(betas) == 2 and all(0 <= x < 1 for x in betas)):
            raise ValueError(f"Invalid betas: {betas}, not 2 numbers in [0, 1)")
        defaults = {
            "lr": lr,
            "betas": betas,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "compile": compile,
        }
        super().__init__(params, defaults)
        torch.empty(2**22)  # freed: glibc then keeps as much memory for temporaries

    def add_param_group(self, param_group):
        """Add a group; refuse repeated parameters."""
        super().add_param_group(param_group)
        weights = self.param_groups[-1]["params"]
        if len(set(weights)) < len(weights):  # PyTorch's own loops differ on it
            self.param_groups.pop()
            raise ValueError("a parameter stands twice in its group; list it once")

    def load_state_dict(self, state_dict):
        """Load a state in float32 or wider; the base class takes the type of the weights."""
        seen = []  # what hooks make of it
        with self.register_load_state_dict_pre_hook(lambda _, x: seen.append(x)):
            super().load_state_dict(state_dict)
        keys = [key for group in seen[0]["param_groups"] for key in group["params"]]
        weights = [weight for group in self.param_groups for weight in group["params"]]
        for key, weight in zip(keys, weights):
            wide = weight.device, torch.promote_types(weight.dtype, torch.float32)
            for name, x in seen[0]["state"].get(key, {}).items():
                to = ("cpu", torch.float32) if name == "step" else wide
                self.state[weight][name] = torch.as_tensor(x).to(*to, copy=True)
        for group in self.param_groups:
            group.update(self.defaults | group)  # options that an older state lacks

    def step(self, closure=None):
        """Perform one step; a closure reevaluates the model and returns the loss."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        work, numbers, steps = [], {}, []
        for index, group in enumerate(self.param_groups):
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                if weight.grad.is_sparse:
                    raise RuntimeError("AMSGradKeras does not support sparse gradients")
                if weight.is_complex():
                    raise RuntimeError("AMSGradKeras does not support complex weights")
                dtype = torch.promote_types(weight.dtype, torch.float32)
                state = self.state[weight]
                if not state:
                    state["step"] = torch.tensor(0.0, dtype=torch.float32)
                    for key in STATE:
                        state[key] = torch.zeros_like(weight, dtype=dtype)
                row = index, int(state["step"]), dtype, weight.device
                if row not in numbers:
                    lr = torch.as_tensor(group["lr"], dtype=dtype).squeeze()
                    lr = lr if self.defaults["differentiable"] else float(lr)
                    numbers[row] = lr, *scalars(row[1], group)
                steps.append(state["step"])
                gradient = -weight.grad if group["maximize"] else weight.grad
                slots = [state[key] for key in STATE]
                work.append((weight, gradient, slots, list(numbers).index(row)))
        with torch.set_grad_enabled(self.defaults["differentiable"]):
            self._update(work, numbers)
        if steps:
            torch._foreach_add_(steps, torch.tensor(1.0), alpha=1.0)
        return loss

    def _update(self, work, numbers):
        """Update all parameters with the selected implementation."""
        if self.defaults["compile"] and not torch.is_grad_enabled():
            try:
                table = [
                    torch.tensor(x, dtype=dtype, device=device)
                    for (*_, dtype, device), x in numbers.items()
                ]
                # Compiled code may leave a tensor without dimensions as it was.
                views = [
                    (*torch.atleast_1d(w, g), [torch.atleast_1d(x) for x in slots], row)
                    for w, g, slots, row in work
                ]
                return COMPILED(apply)(views, table)
            except torch._dynamo.exc.TorchDynamoException as error:
                self.defaults["compile"] = False
                warnings.warn(f"no compiler, so the steps are eager: {error}")
        if self.defaults["foreach"] is not False and not torch.is_grad_enabled():
            work = blocks(work)
        apply(work, list(numbers.values()))


def apply(work, numbers):
    """Update tensors, or blocks of them, and their state in place."""
    for weight, gradient, slots, row in work:
        dtype = torch.promote_types(weight.dtype, torch.float32)
        inputs = gradient.to(dtype), weight.to(dtype), *slots
        if torch.is_grad_enabled():
            inputs = [x.clone() for x in inputs]
        change, *new = update(*inputs, *numbers[row])
        weight.add_(change)
        for slot, value in zip(slots, new):
            slot.copy_(value)


def blocks(work):
    """Yield blocks of similar size: parts of large tensors, and small ones joined."""
    buckets, filled = {}, {}
    for weight, gradient, slots, row in work:
        block, size = BLOCK.get(weight.device.type, 2**24), weight.numel()
        if size > block // 4 or not all(x.is_contiguous() for x in (weight, *slots)):
            axis, count = weight.shape.index(max(weight.shape)), -(-size // block)
            parts = [x.tensor_split(count, axis) for x in (weight, gradient, *slots)]
            yield from ((w, g, part, row) for w, g, *part in zip(*parts))
        else:
            key = row, weight.dtype
            filled[key] = filled.get(key, 0) + size
            bucket = buckets.setdefault((*key, filled[key] // block), [])
            bucket.append((weight, gradient, *slots))
    for (row, *_), bucket in buckets.items():
        weights, gradients, *slots = zip(*bucket)
        gradient = torch.cat([x.flatten() for x in gradients])
        weight = torch.cat([x.flatten() for x in weights])
        yield weight, gradient, [join(x) for x in slots], row
        parts = zip(weights, weight.split([x.numel() for x in weights]))
        torch._foreach_copy_(weights, [part.view_as(x) for x, part in parts])


def join(tensors):
    """Return small tensors as one vector, whose parts they are from now on."""
    sizes = [x.numel() for x in tensors]
    starts = list(accumulate(sizes, initial=tensors[0].storage_offset()))
    storages = {x.untyped_storage().data_ptr() for x in tensors}
    if len(storages) == 1 and [x.storage_offset() for x in tensors] == starts[:-1]:
        return tensors[0].as_strided((sum(sizes),), (1,))
    vector = torch.cat([x.flatten() for x in tensors])
    for x, part in zip(tensors, vector.split(sizes)):
        x.data = part.view_as(x)
    return vector
