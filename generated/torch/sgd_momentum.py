"""SGDMomentum, an optimizer for PyTorch.

Rule: SGDMomentum = momentum ~ g
Source: Polyak 1964, as keras.optimizers.SGD
Canonical: momentum ~ g
Key: 2.1:125bf73f862ed27abbf19eca
"""

import warnings
from operator import add, attrgetter, gt

import torch
from torch.optim import Optimizer

STATE = ("momentum",)
# Elements of a block, whose temporaries fit the caches.
BLOCK = {"cpu": 2**18 * torch.get_num_threads()}
WIDE = {torch.bfloat16: torch.float32, torch.float16: torch.float32}
PLAIN = torch.Tensor, torch.nn.Parameter
# What belongs to an optimizer, not to a group.
MODES = "differentiable", "foreach", "compile"


def limit_(x, root, out):
    """Write x as far as x**root is finite, and NaN where x is not finite."""
    bound = torch.finfo(x.dtype).max ** (1 / root) / 4
    return torch.clamp(x, -bound, bound, out=out).add_(x, alpha=0)


def limited(x, root):
    """Return x as far as x**root is finite, and NaN where x is not finite."""
    bound = torch.finfo(x.dtype).max ** (1 / root) / 4
    return torch.add(torch.clamp(x, -bound, bound), x, alpha=0)


def within_(x, root, out):
    """Return x itself where x**root is finite, which is nearly always so; else what `limit_` writes."""
    bound = torch.finfo(x.dtype).max ** (1 / root) / 4
    if x.is_cpu and x.numel() and max(x.amax().item(), -x.amin().item()) <= bound:
        return x
    return limit_(x, root, out)


def update(gradient, weight, momentum, lr, mu):
    """Return the change of one tensor and its new state."""
    gradient = limited(gradient, 1.5)
    momentum = mu * momentum - lr * gradient
    return momentum, momentum


REFUSED = {
    "betas": ((None,), "; this rule has no betas: leave it out"),
    "eps": ((None,), "; this rule has no eps: leave it out"),
    "dampening": ((0,), "; this rule has no dampening: leave it out"),
    "nesterov": ((False,), "; this rule has no nesterov: leave it out"),
    "weight_decay": ((0,), "; this rule has no weight_decay: leave it out"),
    "amsgrad": ((False,), "; this rule has no amsgrad: leave it out"),
    "centered": ((False,), "; this rule has no centered: leave it out"),
    "capturable": ((False,), "; this rule has no capturable: leave it out"),
}


def check(given):
    """Raise ValueError where an option has a value that is not one of those of this file."""
    for name, (values, says) in REFUSED.items():
        value = given.get(name, values[0])
        if getattr(value, "shape", ()) or value not in values:
            raise ValueError(f"Invalid {name}: {value!r}{says}")


def validate(lr, momentum, **_):
    """Raise ValueError where a setting is outside of its domain."""
    if isinstance(lr, torch.Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    if not 0 <= lr < float("inf"):
        raise ValueError(f"Invalid lr: {lr}")
    if not 0 <= momentum < float("inf"):
        raise ValueError(f"Invalid momentum: {momentum}")


class SGDMomentum(Optimizer):
    """SGDMomentum; one step computes

        m <- mu * m - lr * U
        w <- w + m
        U = g

    Args:
        params: parameters to optimize, or dicts that define parameter groups.
        lr: learning rate, a float or a tensor of one element.
        momentum: coefficient mu.
        maximize: ascend instead of descending.
        foreach: False updates tensor by tensor instead of in blocks.
        differentiable: let autograd record the steps.
        compile: update all tensors in one compiled graph; the first step takes seconds.
    """

    rule_key = "2.1:125bf73f862ed27abbf19eca-1fc329 SGDMomentum = momentum ~ g"

    def __init__(
        self,
        params,
        lr=1e-3,
        momentum=0.9,
        *,
        maximize=False,
        foreach=None,
        differentiable=False,
        compile=False,
    ):
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "compile": compile,
        }
        validate(**defaults)
        super().__init__(params, defaults)
        torch.empty(2**22)  # freed: glibc then keeps as much memory for temporaries

    def add_param_group(self, param_group):
        """Add a group; refuse options that this optimizer does not have."""
        check(param_group)
        validate(**{**self.defaults, **param_group})
        for name in MODES:
            default = self.defaults.get(name)
            taken = [None, default, *(group.get(name) for group in self.param_groups)]
            if default is None:  # another word for it
                taken.append(name == "foreach")
            if (given := param_group.get(name)) not in taken:
                says = "it holds for all groups: give it to the optimizer"
                raise ValueError(f"Invalid {name}: {given!r} of a group; {says}")
        super().add_param_group({**param_group, "rule_key": self.rule_key})
        try:
            for weight in self.param_groups[-1]["params"]:
                self._check_sharding(weight)
        except RuntimeError:
            del self.param_groups[-1]
            raise

    def _check_sharding(self, weight):
        """Raise RuntimeError where a weight is sharded in a way that this rule does not take."""
        says = None
        if is_sharded(weight):
            if any(x.is_partial() for x in weight.placements):
                says = "weights that are parts of a sum: redistribute them"
            if self.defaults["differentiable"]:
                says = "sharded weights with differentiable: leave it out"
        if says:
            name = type(self).__name__
            raise RuntimeError(f"{name} does not support {says}")

    def __setstate__(self, state):
        """Take the state of a pickle or a state dict, unless it is of another rule."""
        self._refuse_another(state["param_groups"])
        super().__setstate__(state)
        for group in self.param_groups:
            group["rule_key"] = self.rule_key

    def _refuse_another(self, groups):
        """Raise ValueError where a group is of another rule; keys of other versions say nothing."""
        own = self.rule_key.split()[0]
        version = own.split(":")[0] + ":"
        for group in groups if isinstance(groups, list) else []:
            given = str(group.get("rule_key", own)) if isinstance(group, dict) else own
            if given.startswith(version) and given.split()[0] != own:
                says = f"of the rule {given[:99]!r}, not {self.rule_key!r}"
                what = "load one of this rule, or take rule_key out of its groups"
                raise ValueError(f"Invalid state dict: {says}; {what}")

    def load_state_dict(self, state_dict):
        """Load a state in float32 or wider; the base class takes the type of the weights."""
        seen = []  # what hooks make of it

        def keep(_, given):
            self._refuse_another(given.get("param_groups"))
            seen.append(unpacked(given, self.param_groups))
            return seen[0]

        with self.register_load_state_dict_pre_hook(keep):
            super().load_state_dict(state_dict)
        keys = [key for group in seen[0]["param_groups"] for key in group["params"]]
        weights = [weight for group in self.param_groups for weight in group["params"]]
        for key, weight in zip(keys, weights):
            wide = weight.device, WIDE.get(weight.dtype, weight.dtype)
            for name, x in seen[0]["state"].get(key, {}).items():
                if x is None:  # the original has made no such state yet
                    continue
                to = ("cpu", torch.float32) if name == "step" else wide
                x = torch.as_tensor(x).to(*to, copy=True)
                x = x if name == "step" else as_sharded(x, weight)
                self.state[weight][name] = x
        for group in self.param_groups:
            group.update(self.defaults | group)  # options that an older state lacks
            group.update((x, self.defaults[x]) for x in MODES if x in self.defaults)

    def _numbers(self, group, step, dtype):
        """Return what depends on the step alone: learning rate, momentum, scalars."""
        lr = torch.as_tensor(group["lr"], dtype=dtype).squeeze()
        lr = lr if self.defaults["differentiable"] else float(lr)
        return lr, group["momentum"]

    def _is_recorded(self, work, numbers):
        """Return whether autograd has something to record; numbers are floats where it has not."""
        if not self.defaults["differentiable"]:
            return False
        given = [x for w, g, slots, _ in work for x in (w, g, *slots)]
        given += [x for row in numbers for x in row]
        given += [x for group in self.param_groups for x in group.values()]
        if any(isinstance(x, torch.Tensor) and x.requires_grad for x in given):
            return True
        numbers[:] = [[float(x) for x in row] for row in numbers]
        return False

    def step(self, closure=None):
        """Perform one step; a closure reevaluates the model and returns the loss."""
        compiling = torch.compiler.is_compiling()
        if compiling and not torch.compiler.is_dynamo_compiling():
            raise RuntimeError(
                "SGDMomentum cannot be exported: a program would repeat the scalars of one step; call step() outside",
            )
        cuda = not compiling and torch.cuda.is_initialized()
        if cuda and torch.cuda.is_current_stream_capturing():
            raise RuntimeError(
                "SGDMomentum cannot be captured: a CUDA graph would repeat the scalars of one step; call step() outside",
            )
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        if not compiling:
            self._move()
            return loss
        traced = []  # of torch.compile, whose graph has the update, and Python the rest
        self._move_untraced(traced)
        with torch.no_grad():
            for given in traced:
                apply(*given)
        return loss

    def _move(self, traced=None):
        """Move all weights; what a list is given to take instead is left to `apply`."""
        work, numbers, rows, steps, seen = [], [], {}, [], set()
        sharded = []
        for index, group in enumerate(self.param_groups):
            if group.get("rule_key") is not self.rule_key:  # loaded by a wrapper
                self._refuse_another([group])
                group["rule_key"] = self.rule_key
            for weight in group["params"]:
                gradient = weight.grad
                if gradient is None:
                    continue
                if gradient.is_sparse:
                    raise RuntimeError("SGDMomentum does not support sparse gradients")
                if weight.is_complex():
                    raise RuntimeError("SGDMomentum does not support complex weights")
                dtype = WIDE.get(weight.dtype, weight.dtype)
                state = self.state[weight]
                if not state:
                    self._check_sharding(weight)
                    state["step"] = torch.tensor(0.0, dtype=torch.float32)
                    for key in STATE:
                        state[key] = torch.zeros_like(weight, dtype=dtype)
                count = int(state["step"])
                if id(weight) in seen:  # one that is listed again is moved again
                    count += sum(x is state["step"] for x in steps)
                seen.add(id(weight))
                key = index, count, dtype, weight.device
                row = rows.setdefault(key, len(numbers))
                if row == len(numbers):
                    numbers.append(self._numbers(group, count, dtype))
                steps.append(state["step"])
                gradient = -gradient if group["maximize"] else gradient
                slots = [state[key] for key in STATE]
                if is_sharded(weight):
                    if not is_sharded(gradient):
                        raise RuntimeError("a weight is sharded, its gradient is not")
                    sharded.append(weight)
                    weight, gradient, *slots = parts_of(weight, gradient, *slots)
                work.append((weight, gradient, slots, row))
        with torch.set_grad_enabled(self._is_recorded(work, numbers)):
            self._update(work, numbers, rows, traced)
        if steps:
            torch._foreach_add_(steps, torch.tensor(1.0), alpha=1.0)
        for weight in sharded:  # their parts have been moved
            torch.autograd.graph.increment_version(weight)

    _move_untraced = torch.compiler.disable(_move)

    def _update(self, work, numbers, rows, traced=None):
        """Update all parameters with the selected implementation."""
        compiled = self.defaults["compile"] or traced is not None
        if compiled and not torch.is_grad_enabled():
            try:
                table = [
                    torch.tensor(x, dtype=dtype).to(device, non_blocking=True)
                    for (*_, dtype, device), x in zip(rows, numbers)
                ]
                # Compiled code may leave a tensor without dimensions as it was.
                views = [
                    (*torch.atleast_1d(w, g), [torch.atleast_1d(x) for x in slots], row)
                    for w, g, slots, row in work
                ]
                if traced is not None:
                    traced.append((views, table))
                    return
                return COMPILED(apply)(views, table)
            except torch._dynamo.exc.TorchDynamoException as error:
                self.defaults["compile"] = False
                warnings.warn(f"no compiler, so the steps are eager: {error}")
        if self.defaults["foreach"] is not False and not torch.is_grad_enabled():
            work = blocks(work, self.__dict__.setdefault("_joined", {}))
        apply(work, numbers)


def apply(work, numbers):
    """Update tensors, or blocks of them, and their state in place."""
    recorded = torch.is_grad_enabled()
    whole, buffers = recorded or torch.compiler.is_compiling(), {}
    for weight, gradient, slots, row in work:
        dtype = WIDE.get(weight.dtype, weight.dtype)
        inputs = [x if x.dtype is dtype else x.to(dtype) for x in (gradient, weight)]
        inputs += slots
        if recorded:  # of what autograd reads later, a copy
            kept = (0,)
            tensors = [x for x in numbers[row] if isinstance(x, torch.Tensor)]
            every = any(x.requires_grad for x in tensors)
            inputs = [
                x.clone() if every or place in kept else x
                for place, x in enumerate(inputs)
            ]
        if not whole and type(weight) in PLAIN:
            kind = inputs[1].shape, dtype, weight.device
            if kind not in buffers:
                buffers[kind] = [torch.empty_like(inputs[1]) for _ in range(2)]
            new = advance(*inputs, *numbers[row], *buffers[kind])
            if inputs[1] is not weight:
                weight.copy_(inputs[1])
        else:
            change, *new = update(*inputs, *numbers[row])
            weight.add_(change)
        for slot, value in zip(slots, new):
            if value is not slot:
                slot.copy_(value)


def advance(gradient, weight, momentum, lr, mu, buffer_1, buffer_2):
    """Do what `update` does in place: over the state where it can, else in buffers."""
    u = within_(gradient, 1.5, buffer_1)
    product = torch.mul(momentum, mu, out=buffer_2)
    product_2 = torch.mul(u, lr, out=buffer_1)
    torch.sub(product, product_2, out=momentum)
    weight.add_(momentum)
    return (momentum,)


def is_sharded(x):
    """Return whether a tensor is one of several processes, each of which has a part."""
    return type(x) not in PLAIN and hasattr(x, "placements")


def part_of(x):
    """Return the part of a tensor that this process has."""
    x = x.to_local() if is_sharded(x) else x
    return x.wait() if hasattr(x, "wait") else x  # for a collective that is under way


def parts_of(weight, gradient, *slots):
    """Return the parts of a weight, its gradient and states that this process has."""
    if gradient.placements != weight.placements:  # as a sum that is still to be made
        gradient = gradient.redistribute(weight.device_mesh, weight.placements)
    return map(part_of, (weight, gradient, *slots))


def gathered(x):
    """Return the whole of a tensor, where it is sharded."""
    return x.full_tensor() if is_sharded(x) else x


def as_sharded(x, weight):
    """Return a tensor with an entry for each of a weight, sharded as that is; others as they are."""
    if not is_sharded(weight) or x.shape != weight.shape:
        return x
    if is_sharded(x) and x.device_mesh == weight.device_mesh:
        return x.redistribute(weight.device_mesh, weight.placements)
    from torch.distributed.tensor import distribute_tensor

    given = gathered(x).detach(), weight.device_mesh, weight.placements
    return distribute_tensor(*given, src_data_rank=None)  # all processes have the whole


def blocks(work, joined):
    """Yield parts of large tensors, whose temporaries fit the caches, small ones joined, others as they are.

    Small tensors are joined in memory that `joined` has of the step before.
    """
    work, small = together(work)
    for weight, gradient, slots, row in work:
        count = -(-weight.numel() // BLOCK.get(weight.device.type, 2**24))
        if count < 2:
            yield weight, gradient, slots, row
            continue
        if type(gradient) in PLAIN and type(weight) in PLAIN:
            places = [x.untyped_storage().data_ptr() for x in (weight, gradient)]
            if places[0] == places[1]:  # written in part before all is read
                gradient = gradient.clone()
        axis = weight.shape.index(max(weight.shape))
        parts = [x.tensor_split(count, axis) for x in (weight, gradient, *slots)]
        yield from ((w, g, part, row) for w, g, *part in zip(*parts))
    kept = dict(joined or ())
    if joined:
        joined.clear()
    for row, tensors in small:
        kinds = [*zip(*tensors)]
        shapes = [x.shape for x in kinds[0]]
        key = *shapes, *(x.dtype for x in tensors[0])
        if key not in kept:
            kept[key] = [joint(shapes, x.dtype) for x in tensors[0]]
        joined[key] = kept[key]
        for (_, parts), own in zip(kept[key], kinds):
            torch._foreach_copy_(parts, own)
        weight, gradient, *slots = [whole for whole, _ in kept[key]]
        yield weight, gradient, slots, row
        for place, ((_, parts), own) in enumerate(zip(kept[key], kinds)):
            if place != 1:  # all but the gradients
                torch._foreach_copy_(own, parts)


def joint(shapes, dtype):
    """Return a vector and parts of it that have some shapes."""
    sizes = [shape.numel() for shape in shapes]
    whole = torch.empty(sum(sizes), dtype=dtype)
    return whole, [x.view(shape) for x, shape in zip(whole.split(sizes), shapes)]


def together(work):
    """Return the tensors that are moved by themselves, and small ones in groups with a row of numbers.

    Where tensors share memory their order counts, and what processes share they move at once: none are joined.
    """
    small, others, most = [], [], min(JOINED, BLOCK["cpu"])
    for item in work:
        weight, gradient, slots, _ = item
        joins = weight.numel() <= most // 16 and weight.is_cpu
        joins = joins and type(weight) in PLAIN and type(gradient) in PLAIN
        joins = joins and not any(x.is_neg() for x in (weight, gradient, *slots))
        (small if joins else others).append(item)
    special = torch.is_inference_mode_enabled() or torch.compiler.is_compiling()
    if len(small) < 4 or special:
        return work, ()
    if overlap([x for w, g, slots, _ in work for x in (w, g, *slots)]):
        return work, ()
    if any(x[0].untyped_storage().is_shared() for x in small):
        return work, ()
    groups, sizes = {}, {}
    for weight, gradient, slots, row in small:
        tensors = weight, gradient, *slots
        key = row, *map(DTYPE, tensors)
        size = sizes[key] = sizes.get(key, 0) + weight.numel()
        groups.setdefault((size // most, key), []).append(tensors)
    return others, [(key[0], x) for (_, key), x in groups.items()]


def overlap(tensors):
    """Return whether some tensors may share memory, or have none."""
    try:
        starts, sizes = [*map(ADDRESS, tensors)], map(NBYTES, tensors)
        if not all(map(CONTIGUOUS, tensors)):
            storages = [x.untyped_storage() for x in tensors]
            starts = [x.data_ptr() for x in storages]
            sizes = [x.nbytes() for x in storages]
    except RuntimeError:
        return True
    ends = sorted(map(add, starts, sizes))
    starts.sort()  # as many must have ended as have begun before
    return any(map(gt, ends, starts[1:]))


JOINED = 2**18  # elements at most of a vector of small tensors
DTYPE, NBYTES = map(attrgetter, ("dtype", "nbytes"))
ADDRESS, CONTIGUOUS = torch.Tensor.data_ptr, torch.Tensor.is_contiguous


def invalid(says):
    """Return the error about a state dict that a training cannot go on from."""
    return ValueError(f"Invalid state dict: {says}; load one of this optimizer")


def checked(x, shape, what):
    """Return a state as a tensor of a shape; raise ValueError where it is none, or has another shape."""
    if isinstance(x, (bool, str)) or not isinstance(x, (torch.Tensor, float, int)):
        raise invalid(f"{what} is a {type(x).__name__}, not a tensor")
    if not isinstance(x, torch.Tensor):
        x = torch.tensor(x, dtype=torch.float64)
    if x.numel() == 1 and not shape:
        x = x.reshape(())
    if x.shape != shape:
        raise invalid(f"{what} has the shape {tuple(x.shape)}, not {tuple(shape)}")
    return x


def unpacked(given, groups):
    """Return a state dict; raise ValueError where it is another's."""
    for name, kind in (("state", dict), ("param_groups", list)):
        if not isinstance(given.get(name), kind):
            raise invalid(f"it has no {kind.__name__} {name}")
    for group in given["param_groups"]:
        if not isinstance(group, dict) or "params" not in group:
            raise invalid("a group has no params")
    states = {
        key: dict(state) if isinstance(state, dict) else state
        for key, state in given["state"].items()
    }
    for group in given["param_groups"]:
        for key in group["params"]:
            if not isinstance(states.get(key, {}), dict):
                raise invalid(f"the state of parameter {key} is no dict")
    saved = [dict(group) for group in given["param_groups"]]
    for group, own in zip(saved, groups):
        check(group)
        validate(**{**own, **group})
        for key, weight in zip(group["params"], own["params"]):
            state = states.get(key)
            if not state:
                continue
            parts = [*filter(is_sharded, state.values())]
            if parts and not is_sharded(weight):
                what = f"the state of parameter {key} is sharded"
                raise invalid(f"{what}, the parameter is not")
            needed = ["step", "momentum"]
            for name in needed:
                if state.get(name) is None:
                    raise invalid(f"parameter {key} has no {name}")
            shape = tuple(weight.shape)
            shapes = {
                "step": (),
                "momentum": shape,
            }
            for name, x in state.items():
                what = f"{name} of parameter {key}"
                if name in shapes:
                    state[name] = None if x is None else checked(x, shapes[name], what)
    return {**given, "state": states, "param_groups": saved}


class Once:
    """A function that keeps what it returned; where it is pickled with its module, it has kept nothing."""

    def __init__(self, function):
        self.function, self.kept = function, {}

    def __call__(self, *given):
        if given not in self.kept:
            self.kept[given] = self.function(*given)
        return self.kept[given]

    def __reduce__(self):
        return type(self), (self.function,)


COMPILED = Once(torch.compile)
