"""SGD, an optimizer for PyTorch.

Rule: SGD = none ~ g
Source: Robbins and Monro 1951
Canonical: none ~ g
"""

import contextlib
import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
import warnings
from array import array
from functools import cache
from pathlib import Path

import torch
from torch.optim import Optimizer

# Elements of a block, whose temporaries fit the caches.
BLOCK = {"cpu": 2**17 * torch.get_num_threads()}
COMPILED = cache(torch.compile)
WIDE = {torch.bfloat16: torch.float32, torch.float16: torch.float32}
PLAIN = torch.Tensor, torch.nn.Parameter


def limited(x, root):
    """Return x as far as x**root is finite, and NaN where x is not finite."""
    bound = torch.finfo(x.dtype).max ** (1 / root) / 4
    return torch.add(torch.clamp(x, -bound, bound), x, alpha=0)


def update(gradient, weight, lr):
    """Return the change of one tensor."""
    gradient = limited(gradient, 1.5)
    return -lr * gradient


class SGD(Optimizer):
    """SGD; one step computes

        w <- w - lr * U
        U = g

    Args:
        params: parameters to optimize, or dicts that define parameter groups.
        lr: learning rate, a float or a tensor of one element.
        maximize: ascend instead of descending.
        foreach: False updates tensor by tensor instead of in blocks.
        differentiable: let autograd record the steps.
        fused: move all tensors in one call of compiled C, on other devices as compile does.
        compile: update all tensors in one compiled graph; the first step takes seconds.
    """

    def __init__(
        self,
        params,
        lr=1e-3,
        *,
        maximize=False,
        foreach=None,
        differentiable=False,
        fused=None,
        compile=False,
    ):
        if isinstance(lr, torch.Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if not lr >= 0:
            raise ValueError(f"Invalid lr: {lr}")
        defaults = {
            "lr": lr,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
            "compile": compile,
        }
        super().__init__(params, defaults)
        if fused and (differentiable or foreach or compile):
            raise RuntimeError("fused excludes differentiable, foreach and compile")
        torch.empty(2**22)  # freed: glibc then keeps as much memory for temporaries

    def load_state_dict(self, state_dict):
        """Load a state in float32 or wider; the base class takes the type of the weights."""
        self.__dict__.pop("_known", None)  # it would keep the states that are replaced
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
        if self.defaults["fused"] and self._is_lost():
            return loss
        work, numbers, rows, steps, seen = [], [], {}, [], set()
        for index, group in enumerate(self.param_groups):
            for weight in group["params"]:
                gradient = weight.grad
                if gradient is None:
                    continue
                if gradient.is_sparse:
                    raise RuntimeError("SGD does not support sparse gradients")
                if weight.is_complex():
                    raise RuntimeError("SGD does not support complex weights")
                dtype = WIDE.get(weight.dtype, weight.dtype)
                state = self.state[weight]
                if not state:
                    state["step"] = torch.tensor(0.0, dtype=torch.float32)
                count = int(state["step"])
                if id(weight) in seen:  # one that is listed again is moved again
                    count += sum(x is state["step"] for x in steps)
                seen.add(id(weight))
                key = index, count, dtype, weight.device
                row = rows.setdefault(key, len(numbers))
                if row == len(numbers):
                    lr = torch.as_tensor(group["lr"], dtype=dtype).squeeze()
                    lr = lr if self.defaults["differentiable"] else float(lr)
                    numbers.append((lr,))
                steps.append(state["step"])
                gradient = -gradient if group["maximize"] else gradient
                slots = []
                work.append((weight, gradient, slots, row))
        with torch.set_grad_enabled(self.defaults["differentiable"]):
            if self.defaults["fused"]:
                known = self.__dict__.setdefault("_known", {})
                work, steps = KERNEL.move(work, steps, numbers, known)
            if work:
                self._update(work, numbers, rows)
        if steps:
            torch._foreach_add_(steps, torch.tensor(1.0), alpha=1.0)
        return loss

    @property
    def _step_supports_amp_scaling(self):
        """Whether a GradScaler leaves its scale and infinite gradients to the step."""
        return bool(self.defaults["fused"])

    def _is_lost(self):
        """Undo a scaler's scale; return whether it found infinite gradients."""
        lost = getattr(self, "found_inf", None)
        if lost is not None and lost.item():
            return True
        scale = getattr(self, "grad_scale", None)
        if scale is not None:
            weights = [x for group in self.param_groups for x in group["params"]]
            gradients = [x.grad for x in weights if x.grad is not None]
            torch._foreach_div_(gradients, scale.item())
        return False

    def _update(self, work, numbers, rows):
        """Update all parameters with the selected implementation."""
        compiled = self.defaults["compile"]
        if self.defaults["fused"]:  # on other devices as compiled steps are
            compiled = any(not weight.is_cpu for weight, *_ in work)
        if compiled and not torch.is_grad_enabled():
            try:
                table = [
                    torch.tensor(x, dtype=dtype, device=device)
                    for (*_, dtype, device), x in zip(rows, numbers)
                ]
                # Compiled code may leave a tensor without dimensions as it was.
                views = [
                    (*torch.atleast_1d(w, g), [torch.atleast_1d(x) for x in slots], row)
                    for w, g, slots, row in work
                ]
                return COMPILED(apply)(views, table)
            except torch._dynamo.exc.TorchDynamoException as error:
                self.defaults["compile"] = False
                self.defaults["fused"] = None  # on a device where it is the same
                warnings.warn(f"no compiler, so the steps are eager: {error}")
        if self.defaults["fused"]:  # states that processes share stay where they are
            shared = [x for x in work if any(slot.is_shared() for slot in x[2])]
            apply(shared, numbers)
            work = [x for x in work if not any(slot.is_shared() for slot in x[2])]
        if self.defaults["foreach"] is not False and not torch.is_grad_enabled():
            work = blocks(work)
        apply(work, numbers)


def apply(work, numbers):
    """Update tensors, or blocks of them, and their state in place."""
    buffers = {}
    for weight, gradient, _, row in work:
        dtype = torch.promote_types(weight.dtype, torch.float32)
        inputs = gradient.to(dtype), weight.to(dtype)
        if torch.is_grad_enabled():
            inputs = [x.clone() for x in inputs]
        whole = torch.is_grad_enabled() or torch.compiler.is_compiling()
        if not whole and type(weight) in PLAIN:
            kind = inputs[1].shape, dtype, weight.device
            if kind not in buffers:
                buffers[kind] = [torch.empty_like(inputs[1]) for _ in range(1)]
            advance(*inputs, *numbers[row], *buffers[kind])
            if inputs[1] is not weight:
                weight.copy_(inputs[1])
            continue
        change = update(*inputs, *numbers[row])
        weight.add_(change)


def advance(gradient, weight, lr, buffer_1):
    """Do what `update` does in place: over the state where it can, else in buffers."""
    u = limit_(gradient, 1.5, buffer_1)
    opposite = -lr
    weight.add_(u, alpha=opposite)


def limit_(x, root, out):
    """Write x as far as x**root is finite, and NaN where x is not finite."""
    bound = torch.finfo(x.dtype).max ** (1 / root) / 4
    return torch.clamp(x, -bound, bound, out=out).add_(x, alpha=0)


def blocks(work):
    """Yield parts of large tensors, whose temporaries fit the caches, and small tensors as they are."""
    for weight, gradient, slots, row in work:
        count = -(-weight.numel() // BLOCK.get(weight.device.type, 2**24))
        if count < 2:
            yield weight, gradient, slots, row
            continue
        axis = weight.shape.index(max(weight.shape))
        parts = [x.tensor_split(count, axis) for x in (weight, gradient, *slots)]
        yield from ((w, g, part, row) for w, g, *part in zip(*parts))


# From here on: how C is compiled, kept and called; then the C of this rule.


class Kernel:
    """One step of many tensors as a call of compiled C.

    Args:
        states: what each state is: of "state", or one number, "real" or "double".
        source: the C, in which WEIGHT and STATE stand for types.
        draws: how many uniform numbers an entry takes.
    """

    def __init__(self, states, source, draws=0):
        self.source, self.draws, self.compiled = source, draws, {}
        self.kinds = "weight", "weight", *states
        self.entries = "state" in states
        self.first = states.index("state") if self.entries else 0

    def move(self, work, steps, numbers, known):
        """Move tensors and their states in place and count; return those that it cannot move, and their counts.

        `known` maps weights to what was found of them in an earlier step.
        """
        rows = array("d", [x for row in numbers for x in row])
        tables, others, uncounted = {}, [], []
        for item, step in zip(work, steps):
            weight, gradient, slots, row = item
            kept = weight, step, *slots
            found = known.get(id(weight))
            if found is None or not is_same(found, kept, gradient):
                found = known[id(weight)] = self._found(gradient, kept)
            types, addresses, *_ = found
            if types is None:
                others.append(item)
                uncounted.append(step)
                continue
            if types not in tables:
                tables[types] = [], [], [], []
            table, items, counts, drawn = tables[types]
            items.append(item)
            counts.append(step)
            table += (
                weight.numel(),
                row,
                addresses[1],
                addresses[0],
                gradient.data_ptr(),
                *addresses[2:],
            )
            for _ in range(self.draws):
                drawn.append(torch.rand_like(weight, dtype=REAL[types[0]]))
                table.append(drawn[-1].data_ptr())
        for types, (table, items, counts, _) in tables.items():
            if types not in self.compiled:
                self.compiled[types] = compiled(self.source, *types)
            step, long = self.compiled[types], len(table) // len(items)
            small = sum(table[::long]) < 2**15
            threads = 1 if small or FORKED else min(torch.get_num_threads(), CPUS)
            table = array("q", table)
            first, given = table.buffer_info()[0], rows.buffer_info()[0]
            left = []
            if step is None:
                left = range(len(items))
            elif step(
                len(items), first, given, threads
            ):  # some share memory: one after the other
                long *= table.itemsize
                left = [
                    i
                    for i in range(len(items))
                    if step(1, first + i * long, given, threads)
                ]
            others += [items[i] for i in left]
            uncounted += [counts[i] for i in left]
            moved = (
                items if not left else [x for i, x in enumerate(items) if i not in left]
            )
            torch.autograd.graph.increment_version([weight for weight, *_ in moved])
        return others, uncounted

    def _found(self, gradient, kept):
        """Return the types of a tensor that the kernel can move, else None, its addresses and what to compare.

        Storages are kept until the next step, so that until then no other memory has these addresses.
        """
        try:
            types = self._types(gradient, *kept)
        except RuntimeError:  # no memory of its own
            types = None
        if types is None:
            return None, (), (), (), ()
        addresses = [x.data_ptr() for x in kept]
        return (
            types,
            addresses,
            [x.numel() for x in kept],
            kept,
            [x.untyped_storage() for x in kept],
        )

    def _types(self, gradient, weight, step, *slots):
        """Return the types of a tensor that the kernel can move, else None."""
        dtype, size = weight.dtype, weight.numel()
        wide = WIDE.get(dtype, dtype)
        state = slots[self.first].dtype if self.entries else wide
        if (
            dtype not in TYPES
            or state not in (wide, torch.bfloat16)
            or weight.is_inference()
        ):
            return None
        types = {"weight": dtype, "state": state, "real": wide, "double": torch.float64}
        wanted = [
            (x, types[what], what)
            for x, what in zip((weight, gradient, *slots), self.kinds)
        ]
        entries = [x for x, _, what in wanted if what in ("weight", "state")]
        for x, own, what in (*wanted, (step, torch.float32, "count")):
            count = size if what in ("weight", "state") else 1
            if not is_plain(x, own) or x.numel() != count or what == "count" and x.ndim:
                return None
            if (
                x.untyped_storage().nbytes()
                < (x.storage_offset() + count) * x.element_size()
            ):
                return None
        if not all(x.is_contiguous() for x in entries):
            layout = weight.shape, weight.stride()
            if not fills(weight) or any(
                (x.shape, x.stride()) != layout for x in entries
            ):
                return None
        return TYPES[dtype], TYPES[state]


def is_plain(x, dtype):
    """Return whether the entries of a tensor stand in memory as they are."""
    plain = type(x) in PLAIN and x.dtype is dtype and x.is_cpu
    return plain and x.layout is torch.strided and not x.is_neg()


def is_same(found, tensors, gradient):
    """Return whether tensors are those of an earlier step, in the same memory, and a gradient is as they are."""
    types, addresses, sizes, before, _ = found
    if types is None or type(gradient) not in PLAIN or type(tensors[0]) not in PLAIN:
        return False
    dtype = gradient.dtype
    if (
        TYPES.get(dtype) != types[0]
        or tensors[0].dtype is not dtype
        or not gradient.is_cpu
    ):
        return False
    if (
        not gradient.is_contiguous()
        or gradient.is_neg()
        or gradient.numel() != sizes[0]
    ):
        return False
    if not tensors[0].is_contiguous() or not gradient.data_ptr():
        return False
    for x, y, size, address in zip(tensors, before, sizes, addresses):
        if x is not y or x.numel() != size or x.data_ptr() != address:
            return False
    return True


def fills(x):
    """Return whether the entries of a tensor fill a part of memory, each once."""
    expected = 1
    for stride, size in sorted(zip(x.stride(), x.shape)):
        if size > 1 and stride != expected:
            return False
        expected *= size
    return True


def compiled(source, weight, state):
    """Return the function of a C source for some types, or None, with a warning, without a compiler."""
    try:
        asked = os.environ.get("CC", "")
        command = shlex.split(asked, posix=os.name == "posix") or ["cc"]
        found = shutil.which(command[0])
        if found is None:
            raise OSError(f"no C compiler {command[0]!r}; install one or set CC")
        about = os.stat(os.path.realpath(found))
        compiler = os.path.realpath(found), about.st_size, about.st_mtime_ns, *command
        command[0] = os.path.abspath(found)
        fixed = *FLAGS, f"-DWEIGHT={weight}", f"-DSTATE={state}"
        wishes = PROCESSOR_FLAGS, (TEAM_FLAGS if has_team() else TEAM_FLAGS[1:])
        made = repr((source, compiler, fixed, wishes, processor())).encode()
        name = hashlib.sha256(made).hexdigest()
        step = loaded(name, lambda work: built(command, source, fixed, wishes, work))
    except (OSError, ValueError) as error:
        tell(f"no compiled step, so the steps are eager: {error}")
        return None
    step.argtypes = [ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
    return step


@cache
def tell(text):
    """Warn once."""
    warnings.warn(text, stacklevel=2)


def loaded(name, build):
    """Return the function of a library in the user's cache; where it is not there, `build` it in a folder."""
    folder = cache_folder()
    path = os.path.join(folder or "", f"{name}.so")
    if folder and is_whole(path):
        with contextlib.suppress(OSError):  # where nothing there may be executed
            return function_of(path)
    failures = []
    for place in (None, folder) if folder else (None,):
        try:
            with private_folder(place) as work:
                made, step = build(work)
                if folder:
                    with contextlib.suppress(OSError):  # such as a full disk
                        keep_library(made, path)
                return step
        except TimeoutError:
            raise
        except OSError as error:
            failures.append(error)
    raise failures[0]


def private_folder(place):
    """Return a folder of nobody else, which goes when it is left."""
    return tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True)


def function_of(path):
    """Return the function of a library."""
    try:
        return ctypes.CDLL(path).step
    except AttributeError:
        raise OSError("the compiler leaves no function in its library") from None
    except OSError as error:
        says = str(error).replace(path, "library")
        raise OSError(f"the compiler leaves no library to load: {says}") from None


def cache_folder():
    """Return the folder of compiled steps in the user's cache, or None if there is none that is safe."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(home):  # which the specification says to ignore
        home = os.path.expanduser("~/.cache")
    folder = Path(os.path.realpath(home), "nos_sym")
    try:
        if not os.path.isabs(home) or folder.is_symlink():
            return None
        for part in (*reversed(folder.parents), folder):
            part.mkdir(mode=0o700, exist_ok=True)
            if not (is_own if part is folder else is_safe)(part.stat()):
                return None
    except OSError:
        return None
    return os.fspath(folder)


def is_own(about):
    """Return whether a file or folder is the user's and no other may write to it."""
    if not hasattr(os, "geteuid"):  # on Windows a home is its user's
        return True
    return about.st_uid == os.geteuid() and not about.st_mode & 0o022


def is_safe(about):
    """Return whether no other can put something else in the place of what the user has in a folder."""
    if not hasattr(os, "geteuid"):
        return True
    if about.st_uid not in (0, os.geteuid()):
        return False
    return not about.st_mode & 0o022 or bool(about.st_mode & 0o1000)  # sticky


def is_whole(path):
    """Return whether a library is the user's and ends in the digest of its bytes.

    A part of one is not given to the loader, which could crash.
    """
    try:
        with open(path, "rb") as file:
            about, library = os.fstat(file.fileno()), file.read()
    except OSError:
        return False
    return is_own(about) and hashlib.sha256(library[:-32]).digest() == library[-32:]


def keep_library(made, path):
    """Copy a library into the cache, where it appears at once and whole."""
    with open(made, "rb") as file:
        library = file.read()
    number, part = tempfile.mkstemp(dir=os.path.dirname(path))
    try:
        with open(number, "wb") as file:
            file.write(library + hashlib.sha256(library).digest())
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(part)
        raise


def built(command, source, fixed, wishes, work):
    """Return the path and the function of a library, compiled with the wishes that the compiler grants.

    Each wish is flags of which the first that works is taken.
    """

    def library(source, flags):
        # Linked without a runtime of threads: PyTorch has one, beside which a second could hang.
        folder = tempfile.mkdtemp(dir=work)
        with open(os.path.join(folder, "step.c"), "w", encoding="utf-8") as file:
            file.write(source)
        run_compiler([*command, *flags, "-c", "step.c", "-o", "step.o"], folder)
        run_compiler([*command, "-shared", "step.o", "-o", "step.so", "-lm"], folder)
        path = os.path.join(folder, "step.so")
        return path, function_of(path)

    def works(flag):
        with contextlib.suppress(OSError):
            return bool(library(TRIAL, [flag]))
        return False

    try:
        return library(source, [*fixed, *(flags[0] for flags in wishes)])
    except TimeoutError:
        raise
    except OSError:
        plain = library(source, fixed)
        flags = [next(filter(works, flags), None) for flags in wishes]
        return library(source, [*fixed, *filter(None, flags)]) if any(flags) else plain


def run_compiler(line, folder):
    """Run a compiler; raise OSError with one line of what it says."""
    with open(os.path.join(folder, "said"), "w+b") as said:
        process = subprocess.Popen(
            line,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(PATIENCE)
        except BaseException as error:
            process.kill()
            with contextlib.suppress(OSError, AttributeError):  # what it has started
                os.killpg(process.pid, 9)
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                raise TimeoutError(f"{line[0]} did not end in {PATIENCE} s") from None
            raise
        said.seek(0)
        lines = said.read().decode(errors="replace").splitlines()
    if code:
        text = next((x for x in lines if "error" in x), (lines or ["no message"])[0])
        text = "".join(x if x.isprintable() else " " for x in text).strip()
        raise OSError(f"{line[0]} failed: {text[:200]}")


def has_team():
    """Return whether PyTorch brings a runtime of OpenMP that compiled code can use."""
    try:
        symbols = ctypes.CDLL(None)
    except (OSError, TypeError):  # TypeError on Windows
        return False
    return hasattr(symbols, "GOMP_parallel") or hasattr(symbols, "__kmpc_fork_call")


@cache
def processor():
    """Return what tells processors apart, which is the name of the machine at worst."""
    facts = set()
    for line in text_of("/proc/cpuinfo").splitlines():
        key, _, value = line.partition(":")
        if key.strip() in FACTS:
            facts.add((key.strip(), *sorted(value.split())))
    return platform.machine(), sorted(facts) or platform.node()


def text_of(path):
    """Return what a file of the system says; nothing if there is no such file."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def cpus(groups="/sys/fs/cgroup", own="/proc/self/cgroup"):
    """Return how many processors this process may use, within a container's limits."""
    counts = [os.cpu_count() or 1]
    if hasattr(os, "sched_getaffinity"):
        counts.append(len(os.sched_getaffinity(0)))
    lines = ["0::/", "0:cpu:/", *text_of(own).splitlines()]
    for kinds, path in [x.split(":", 2)[1:] for x in lines if x.count(":") > 1]:
        if kinds and "cpu" not in kinds.split(","):
            continue
        names = ("cpu", "cpu,cpuacct", "cpuacct,cpu") if kinds else ("", "unified")
        for name in names:
            group = Path(groups, name, path.lstrip("/"))
            counts += [cpu_limit(x) for x in (group, *group.parents)]
    return max(1, min(x for x in counts if x is not None))


def cpu_limit(group):
    """Return how many processors a control group may use, None for all."""
    for names in (["cpu.max"], ["cpu.cfs_quota_us", "cpu.cfs_period_us"]):
        with contextlib.suppress(ValueError):
            words = " ".join(text_of(group / x) for x in names).split()
            quota, period = map(int, words)
            return -(-quota // period) if quota > 0 < period else None
    return None


def is_forked():
    """Return whether this process is a fork that has begun no program, as Linux says."""
    words = text_of("/proc/self/stat").rpartition(")")[2].split()
    flags = words[6] if len(words) > 6 and words[6].isdigit() else 0
    return bool(int(flags) & 0x40)  # PF_FORKNOEXEC


REAL = {32: torch.float32, 64: torch.float64, 160: torch.float32, 16: torch.float32}
TYPES = {
    torch.float32: 32,
    torch.float64: 64,
    torch.bfloat16: 160,
    torch.float16: 16,
}
FLAGS = "-O3", "-std=gnu11", "-fPIC", "-fno-math-errno", "-fno-trapping-math", "-w"
PROCESSOR_FLAGS = "-march=native", "-mcpu=native"
TEAM_FLAGS = "-fopenmp", "-fopenmp-simd"
TRIAL = """int step(int x)
{
    int y = 0;
#pragma omp parallel
    y += x;
    return y;
}
"""
PATIENCE = 120  # seconds for a compiler
FACTS = {
    *("vendor_id", "cpu family", "model", "model name", "stepping", "flags"),  # x86
    *("CPU implementer", "CPU variant", "CPU part", "CPU revision", "Features"),  # Arm
    *("cpu", "features", "isa", "uarch"),
}
CPUS = cpus()
# A team of threads does not live on in a forked process.
FORKED = [True] if is_forked() else []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: FORKED.append(True))


KERNEL = Kernel(
    states=(),
    source=r"""
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Types: of weights and gradients (WEIGHT), of states (STATE), of the arithmetic, and of sums. */
#if WEIGHT == 64
typedef double real;
typedef long double wide;
#define BOUND(single, twice) (twice)
#define LARGEST 0x1p1022
#define TINY 0x1p-1022
#else
typedef float real;
typedef double wide;
#define BOUND(single, twice) ((real)(single))
#define LARGEST 0x1p126f
#define TINY 0x1p-126f
#endif
#define R(x) ((real)(x))
#define nos_sqrt(x) _Generic((x), float: sqrtf, double: sqrt, long double: sqrtl)(x)
#define nos_fabs(x) _Generic((x), float: fabsf, double: fabs)(x)
#define nos_copysign(x, y) _Generic((x), float: copysignf, double: copysign)(x, y)
#define nos_floor(x) _Generic((x), float: floorf, double: floor)(x)
#define nos_fmod(x, y) _Generic((x), float: fmodf, double: fmod)(x, y)

static inline float of_bf16(uint16_t x)
{
    uint32_t bits = (uint32_t)x << 16;
    float y;
    memcpy(&y, &bits, 4);
    return y;
}

static inline uint16_t to_bf16(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, 4);
    bits += 0x7fff + ((bits >> 16) & 1); /* to the nearest, ties to even */
    return x != x ? 0x7fc0 : (uint16_t)(bits >> 16);
}

#if WEIGHT == 160
typedef uint16_t weight_t;
#define LOAD(x) of_bf16(x)
#define STORE(x) to_bf16(x)
#define LARGEST_WEIGHT 0x1.fep125f
#elif WEIGHT == 16
typedef _Float16 weight_t;
#define LOAD(x) ((float)(x))
#define STORE(x) ((_Float16)(x))
#define LARGEST_WEIGHT (65504.0f / 4)
#else
typedef real weight_t;
#define LOAD(x) (x)
#define STORE(x) (x)
#define LARGEST_WEIGHT LARGEST
#endif
#if STATE == 160
typedef uint16_t state_t;
#define LOAD_STATE(x) of_bf16(x)
#define STORE_STATE(x) to_bf16(x)
#else
typedef real state_t;
#define LOAD_STATE(x) (x)
#define STORE_STATE(x) (x)
#endif

/* NaN stays NaN in all of them. Two choices in place of one with "or", which would keep loops from vectors. */
static inline real nos_max(real x, real y)
{
    const real larger = x > y ? x : y;
    return x != x ? x : larger;
}
static inline real nos_min(real x, real y)
{
    const real smaller = x < y ? x : y;
    return x != x ? x : smaller;
}
/* Of a number y that is no NaN: one comparison less. */
static inline real nos_above(real x, real y) { return x < y ? y : x; }
static inline real nos_below(real x, real y) { return x > y ? y : x; }
static inline real nos_clamp(real x, real bound) { return nos_fabs(x) > bound ? nos_copysign(bound, x) : x; }
static inline real nos_saturate(real x) { return nos_clamp(x, LARGEST); }
static inline real nos_limit(real x, real bound) { return nos_clamp(x, bound) + (x - x); }
static inline real nos_positive(real x) { return x < TINY ? TINY : x; }
static inline real nos_sign(real x) { return x != x ? x : (real)((x > 0) - (x < 0)); }
static inline real nos_ratio(real x, real y) { return y == 0 ? 0 : x / y; }
static inline real nos_drop(real x, real uniform, real rate, real rest) { return uniform < rate ? 0 : x / rest; }
static inline wide nos_count(int64_t size) { return size > 1 ? size : 1; }
static inline wide wide_max(wide x, wide y) { return x > y || x != x ? x : y; }
#define nos_and(x, y) ((x) != 0 & (y) != 0)
#define nos_or(x, y) ((x) != 0 | (y) != 0)
#define nos_not(x) ((x) == 0)
#define nos_where(x, y, z) ((x) != 0 ? (y) : (z))
static inline real nos_lerp(real x, real y, real weight)
{
    /* From the nearer end, so that both ends are exact. */
    const real near = weight < R(0.5) ? x : y, share = weight < R(0.5) ? weight : weight - 1;
    return near + share * (y - x);
}
static inline real nos_mod(real x, real y)
{
    const real rest = nos_fmod(x, y == 0 ? 1 : y);
    return y == 0 ? x : rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}

/* Moves entries start to stop of a tensor. */
static void move(const int64_t *tensor, const double *numbers, const wide *found,
                 int64_t start, int64_t stop)
{
    const real lr = numbers[0];
    const real opposite = (-lr);
    weight_t *restrict weights = (weight_t *)tensor[3];
    const weight_t *restrict gradients = (const weight_t *)tensor[4];
#pragma omp simd
    for (int64_t i = start; i < stop; i++) {
        const real weight = LOAD(weights[i]);
        const real gradient = LOAD(gradients[i]);
        const real u = nos_limit(gradient, BOUND(1.2185208218954334e+25, 7.963128341306077e+204));
        weights[i] = STORE(weight + (opposite * u));
    }
}

enum { CHUNK = 4096, LONG = 5, NUMBERS = 1, PARTS = 2 };
/* Where the addresses of weights, gradients and states stand in a row of the table. */
static const struct { int place, bytes, written; } places[] = {
    {3, sizeof(weight_t), 1},
    {4, sizeof(weight_t), 0},
};

static int64_t chunks(const int64_t *tensor) { return (tensor[0] + CHUNK - 1) / CHUNK; }

/* Memory from start to stop, and whether a step writes there. */
struct span { int64_t start, stop; int written; };

static int by_start(const void *x, const void *y)
{
    const int64_t a = ((const struct span *)x)->start, b = ((const struct span *)y)->start;
    return (a > b) - (a < b);
}

/* Returns whether what is written of some tensor is part of another, or of its own gradient. */
static int overlap(int64_t count, const int64_t *table)
{
    struct span *spans = malloc((count * PARTS + 1) * sizeof *spans);
    if (spans == NULL)
        return 1;
    int64_t used = 0;
    for (int64_t k = 0; k < count; k++) {
        const int64_t *tensor = table + k * LONG, size = tensor[0];
        for (int part = 0; part < PARTS && size > 0; part++) {
            const int64_t start = tensor[places[part].place];
            spans[used++] = (struct span){start, start + size * places[part].bytes, places[part].written};
        }
    }
    qsort(spans, used, sizeof *spans, by_start);
    int64_t stop = 0, written = 0; /* where the spans so far end, and those that are written */
    int found = 0;
    for (int64_t k = 0; k < used && !found; k++) {
        const struct span own = spans[k];
        found = own.start < (own.written ? stop : written);
        stop = own.stop > stop ? own.stop : stop;
        written = own.written && own.stop > written ? own.stop : written;
    }
    free(spans);
    return found;
}

/* Moves count tensors in parts, which threads share, and returns 0, or moves none and
   returns 1. Each row of the table is a tensor: its size, the row of its numbers, and the
   addresses of its step, weights, gradients, states and uniform numbers. */
int step(int64_t count, const int64_t *table, const double *numbers, int parts)
{
    if (overlap(count, table))
        return 1;
    int64_t total = 0;
    for (int64_t k = 0; k < count; k++)
        total += chunks(table + k * LONG);
#pragma omp parallel for num_threads(parts) if (parts > 1) schedule(static, 1)
    for (int part = 0; part < parts; part++) {
        const int64_t low = total * part / parts, high = total * (part + 1) / parts;
        int64_t at = 0;
        for (int64_t k = 0; k < count && at < high; k++) {
            const int64_t *tensor = table + k * LONG;
            const int64_t end = at + chunks(tensor);
            for (; at < end && at < high; at++) {
                if (at < low)
                    continue;
                const int64_t start = (at - (end - chunks(tensor))) * CHUNK;
                const int64_t stop = tensor[0] - start < CHUNK ? tensor[0] : start + CHUNK;
                move(tensor, numbers + tensor[1] * NUMBERS, NULL, start, stop);
            }
            at = end;
        }
    }
    for (int64_t k = 0; k < count; k++)
        *(float *)table[k * LONG + 2] += 1;
    return 0;
}
""",
)
