"""Matrix iterations in bfloat16, as PyTorch's Muon casts them, beside files without the cast."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from support.harness import load
from support.keras_backend import CHOSEN, keras

from nos_sym.cli.main import cli
from nos_sym.codegen.factored import render_factored
from nos_sym.codegen.render import render
from nos_sym.errors import RenderError
from nos_sym.faces import face_named, rule_of_face
from nos_sym.language.parser import parse, parse_file

torch = pytest.importorskip("torch")
JORDAN = (3.4445, -4.775, 2.0315)
SHAPES = ((4, 3), (3, 4), (5, 5), (1, 7), (7, 1), (48, 96), (70, 30))
RULE = parse("Both = none ~ orth(g) + newton_schulz(w)")


def muon(folder: Path, cast: str | None, flags: str = "") -> ModuleType:
    found = face_named(f"torch.optim.Muon{flags}")
    folder.mkdir(exist_ok=True)
    return load(render(rule_of_face(found), face=found, name="Muon", cast=cast), folder)


def trajectories(kinds: list[Any], shape: tuple[int, ...], steps: int, **options: Any) -> list[Any]:
    """Return the weights of each optimizer after each step, with the same gradients."""
    ways = []
    for kind in kinds:
        draw = torch.Generator().manual_seed(3)
        weight = torch.nn.Parameter(torch.randn(shape, generator=draw))
        optimizer, way = kind([weight], **options), []
        for k in range(steps):
            weight.grad = 10.0 ** (2 * k - 4) * torch.randn(shape, generator=draw)
            optimizer.step()
            way.append(weight.detach().clone())
        ways.append(torch.stack(way))
    return ways


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e4])
def test_of_one_matrix_each_bit_is_that_of_the_original(size: float, tmp_path: Path) -> None:
    """Without momentum and decay, from a weight of zeros: the weight is the iteration's result, scaled."""
    module = muon(tmp_path, "bfloat16")
    for shape in SHAPES:
        gradient = size * torch.randn(shape, generator=torch.Generator().manual_seed(1))
        found = []
        for kind in (module.Muon, torch.optim.Muon):
            weight = torch.nn.Parameter(torch.zeros(shape))
            weight.grad = gradient.clone()
            kind([weight], lr=1.0, momentum=0.0, weight_decay=0.0).step()
            found.append(weight.detach())
        if shape[0] <= shape[1]:
            assert torch.equal(*found), shape
        torch.testing.assert_close(*found, rtol=3e-7, atol=0)  # the factor of tall ones is rounded


@pytest.mark.parametrize("flags", ["", "(nesterov=False)", "(adjust_lr_fn='match_rms_adamw')"])
def test_a_training_is_the_original_s(flags: str, tmp_path: Path) -> None:
    """Averages differ by their last bits, which the cast hides; without the cast files are far from it."""
    given: dict[str, Any] = {}
    if flags:
        name, value = flags.strip("()").split("=")
        given[name] = False if value == "False" else value.strip("'")
    narrow, wide = (muon(tmp_path / str(cast), cast, flags).Muon for cast in ("bfloat16", None))
    for shape in SHAPES:
        found, plain, wanted = trajectories([narrow, wide, torch.optim.Muon], shape, 4, lr=0.1, **given)
        assert (found - wanted).abs().max() < 2e-6
        assert (plain - wanted).abs().max() > 2e-4


def function_of(backend: str, folder: Path, name: str, cast: str | None) -> Any:
    """Return a function of a rendered file over arrays."""
    function = getattr(load(render(RULE, backend, cast=cast), folder), name)
    if backend == "torch":
        return lambda x, *more: function(torch.tensor(x), *more).numpy()
    if backend == "optax":
        jax = pytest.importorskip("jax")
        return lambda x, *more: np.asarray(function(jax.numpy.asarray(x), *more))
    to_array = keras.ops.convert_to_numpy
    return lambda x, *more: to_array(function(keras.ops.convert_to_tensor(x), *more))


BACKENDS = ["torch", "optax", "keras", *(["tensorflow"] if CHOSEN == "tensorflow" else [])]


FEW: tuple[tuple[int, ...], ...] = ((5, 3), (2, 3, 4))
EVERY = (*FEW, (3, 5), (2, 2, 3, 2), (6,), (3, 0))


@pytest.mark.parametrize(
    ("backend", "shapes"),
    [
        *((backend, FEW) for backend in BACKENDS if backend != "optax"),
        *(pytest.param(backend, EVERY, marks=pytest.mark.heavy) for backend in BACKENDS),
    ],
)
def test_every_backend_casts(backend: str, shapes: tuple[tuple[int, ...], ...], tmp_path: Path) -> None:
    draw = np.random.default_rng(4)
    named = {
        "orth": (5, 1e-7, 0.0, *JORDAN),
        "newton_schulz": JORDAN,
    }
    for name, options in named.items():
        narrow, wide = (function_of(backend, tmp_path, name, cast) for cast in ("bfloat16", None))
        for shape in shapes:
            x = draw.normal(size=shape).astype(np.float32)
            x = x if name == "orth" else x / np.float32(4 * x.size or 1)
            found, wanted = narrow(x, *options), wide(x, *options)
            assert found.dtype == x.dtype and found.shape == x.shape
            largest = np.max(np.abs(wanted), initial=0)
            np.testing.assert_allclose(found, wanted, rtol=0, atol=0.1 * largest)
            assert not x.size or np.max(np.abs(found - wanted)) > 1e-4 * largest
    for size in (1e-30, 1e30):
        x = (size * draw.normal(size=(3, 5))).astype(np.float32)
        orth = function_of(backend, tmp_path, "orth", "bfloat16")
        np.testing.assert_allclose(orth(x, *named["orth"][:1], 0.0, 0.0, *JORDAN), wide_of(x), atol=0.1)
        assert not orth(np.zeros_like(x), *named["orth"]).any()
        assert np.isnan(orth(np.full_like(x, np.inf), *named["orth"])).all()


def wide_of(x: Any) -> Any:
    """Return U f(S) V' in float64."""
    u, s, v = np.linalg.svd(np.asarray(x, np.float64), full_matrices=False)
    s = s / np.sqrt(np.sum(s * s))
    for _ in range(5):
        s = JORDAN[0] * s + JORDAN[1] * s**3 + JORDAN[2] * s**5
    return (u * s) @ v


def test_coefficients_that_are_tensors_are_the_numbers(tmp_path: Path) -> None:
    """As a compiled step has them."""
    step = load(render(RULE, cast="bfloat16"), tmp_path).newton_schulz
    x = torch.randn((4, 6), generator=torch.Generator().manual_seed(2)) / 5
    torch.testing.assert_close(
        step(x, *map(torch.tensor, JORDAN)), step(x, *JORDAN), rtol=0, atol=2**-7 * 3.5
    )


def test_minimal_and_factored_files_cast(tmp_path: Path) -> None:
    for text in (
        render(RULE, minimal=True, cast="bfloat16"),
        render_factored(parse("Cut = none ~ [a1] orth(g)"), cast="bfloat16"),
    ):
        assert "torch.bfloat16" in text
        load(text, tmp_path)


@pytest.mark.parametrize("backend", ["torch", "tensorflow", "keras", "optax", "latex"])
def test_a_cast_of_nothing_is_refused(backend: str) -> None:
    for text in ("Plain = none ~ g", "Exact = none ~ orth_exact(g)", "Slow = schedule ~ p"):
        with pytest.raises(RenderError, match="leave the cast out"):
            render(parse_file(text)[0], backend, cast="bfloat16")
    with pytest.raises(RenderError, match="the cast is one of bfloat16, not 'float8'"):
        render(RULE, backend, cast="float8")


def test_the_command_casts() -> None:
    found = CliRunner().invoke(cli, ["render", "torch.optim.Muon", "--cast", "bfloat16"])
    assert found.exit_code == 0 and "torch.bfloat16" in found.output
    for arguments in (["Adam", "--cast", "bfloat16"], ["torch.optim.Muon", "--cast", "float8"]):
        found = CliRunner().invoke(cli, ["render", *arguments])
        assert found.exit_code == 2 and "Traceback" not in found.output
