"""One call builds every rendered optimizer, whatever its arguments are."""

from __future__ import annotations

from pathlib import Path

import pytest

import nos_sym
from nos_sym.search.loading import LoadError

torch = pytest.importorskip("torch", reason="rendered files for torch import it")

OFFERED = {"lr": 0.25, "total_steps": 1000, "momentum": 0.8, "betas": (0.7, 0.9), "unheard_of": 3}


@pytest.mark.parametrize("name", ["Adam", "Opt6", "SGD", "AdamW"])
def test_each_gets_what_it_takes(tmp_path: Path, name: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(nos_sym.render(name, "torch"), encoding="utf-8")
    offered = dict(OFFERED)
    if name == "Opt6":
        del offered["betas"]
    for source in (path, str(path), nos_sym.optimizer(name)):
        made = nos_sym.build(source, [torch.nn.Parameter(torch.ones(2))], **offered)
        (group,) = made.param_groups
        assert type(made).__name__ == name and group["lr"] == 0.25
        assert group.get("total_steps", 1000) == 1000 and "unheard_of" not in group
        assert group.get("momentum", 0.8) == 0.8
        assert name != "Adam" or group["betas"] == (0.7, 0.9)


def test_what_is_missing_is_said_in_a_line(tmp_path: Path) -> None:
    weight = [torch.nn.Parameter(torch.ones(2))]
    with pytest.raises(LoadError, match="'Opt6' needs the argument 'total_steps', which was not given"):
        nos_sym.build(nos_sym.optimizer("Opt6"), weight, lr=0.1)
    path = tmp_path / "mine.py"
    path.write_text("class First: pass\nclass Second: pass\n", encoding="utf-8")
    with pytest.raises(LoadError, match="does not say which optimizer it has; give 'class_name'"):
        nos_sym.build(path, weight)
    with pytest.raises(LoadError, match="has no class 'Third'"):
        nos_sym.build(path, weight, class_name="Third")
    assert type(nos_sym.build(path, class_name="Second")).__name__ == "Second"
    with pytest.raises(LoadError, match="cannot be read"):
        nos_sym.build(tmp_path / "none.py", weight)


def test_what_is_no_optimizer_is_said_in_a_line(tmp_path: Path) -> None:
    weight = [torch.nn.Parameter(torch.ones(2))]
    made = nos_sym.optimizer("SGD")(weight, lr=0.1)
    for given in (None, 3, made, b"opt4.py", 2.5):
        with pytest.raises(LoadError, match="expected a rendered file or a class, not "):
            nos_sym.build(given, weight)  # type: ignore[arg-type]
    with pytest.raises(LoadError, match=r"not .*; nos_sym.optimizer makes a class of a rule"):
        nos_sym.build(nos_sym.parse("Mine = none ~ g"), weight)  # type: ignore[arg-type]
    for text in ("Opt4", "none ~ tanh(g)", "torch.optim.AdamW"):
        with pytest.raises(LoadError, match=r"there is no file .*; nos_sym.optimizer\('.*'\) makes a class"):
            nos_sym.build(text, weight)
    with pytest.raises(LoadError, match="'dict' does not say which arguments it takes"):
        nos_sym.build(dict)
    path = tmp_path / "leaves.py"
    path.write_text("raise SystemExit(3)\n", encoding="utf-8")
    with pytest.raises(LoadError, match="cannot be imported: SystemExit: 3"):
        nos_sym.build(path, weight)
    with pytest.raises(nos_sym.NosSymError, match="'class_name' is a text, not 3"):
        nos_sym.build(path, weight, class_name=3)  # type: ignore[arg-type]
    for broken in ("a\0b.py", "a" * 5000 + ".py"):
        with pytest.raises(LoadError):
            nos_sym.build(broken, weight)


@pytest.mark.parametrize("backend", ["torch", "tensorflow", "keras", "optax"])
def test_a_rendered_file_begins_with_the_name_of_its_optimizer(backend: str) -> None:
    for name in ("Opt7", "Adam"):
        assert nos_sym.render(name, backend).startswith(f'"""{name}, an optimizer for ')
        assert nos_sym.render(name, backend, name="Mine").startswith('"""Mine, an optimizer for ')
