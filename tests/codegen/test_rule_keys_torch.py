"""What a file for PyTorch saves says of which rule it is, and goes on with no other one."""

from __future__ import annotations

import copy
import io
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.harness import backends, load
from support.runtime_files import assert_same, on_the_path, written

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch
import torch.distributed.checkpoint as dcp
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_optimizer_state_dict,
    set_optimizer_state_dict,
)

from nos_sym import parse
from nos_sym.codegen.render import render
from nos_sym.faces import face_named, rule_of_face
from nos_sym.language.parser import parse_file

TANH, EXP = "Mine = none ~ tanh(v_hat)", "Mine = none ~ exp(v_hat)"
FORMS = ("whole", "minimal", "with a runtime")
ONE_LINE = (
    r"\AInvalid state dict: of the rule '2.1:[0-9a-f]{24}-\w{6} Mine = none ~ tanh\(v_hat\)', "
    r"not '2.1:[^\n]*\Z"
)

Make = Callable[..., Any]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Make]:
    """Return what gives the class of a rule in a form."""
    count = 0

    def make(text: str, form: str = "whole", **options: Any) -> Any:
        nonlocal count
        count += 1
        (rule,) = parse_file(text)
        folder = tmp_path / str(count)
        folder.mkdir()
        if form == "with a runtime":
            with on_the_path(folder):
                return written(folder, rule)
        return getattr(load(render(rule, minimal=form == "minimal", **options), folder), rule.name)

    yield make


def trained(kind: Any, *, steps: int = 2, **given: Any) -> tuple[Any, Any]:
    """Return a network and its optimizer after some steps."""
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2)
    optimizer = kind(model.parameters(), lr=0.01, **given)
    go_on(model, optimizer, steps)
    return model, optimizer


def go_on(model: Any, optimizer: Any, steps: int = 1) -> None:
    for step in range(steps):
        for x in model.parameters():
            x.grad = torch.full_like(x, 0.5 - step)
        optimizer.step()


@pytest.mark.parametrize("form", FORMS)
def test_a_state_of_another_rule_is_refused(form: str, made: Make) -> None:
    """Where names and shapes of the states are the same; nothing is changed."""
    _, mine = trained(made(TANH, form))
    model, other = trained(made(EXP, form))
    before = copy.deepcopy(other.state_dict())
    with pytest.raises(ValueError, match=ONE_LINE) as error:
        other.load_state_dict(mine.state_dict())
    assert "Mine = none ~ exp(v_hat)'; load one of this rule" in str(error.value)
    assert_same(other.state_dict(), before)
    go_on(model, other)
    mine.load_state_dict(mine.state_dict())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "text",
    ["Mine = none ~ -tanh(-v_hat)", "Mine = none ~ tanh(ema_hat(g, 0.8))", "Yours = none ~ tanh(v_hat)"],
)
def test_the_same_rule_loads(text: str, form: str, made: Make) -> None:
    """Written otherwise, with other defaults of its settings, as a class of another name."""
    _, mine = trained(made(TANH, form))
    _, other = trained(made(text, form), steps=0)
    other.load_state_dict(mine.state_dict())
    assert other.state_dict()["param_groups"][0]["rule_key"].split(" ", 1)[1] == text
    assert other.param_groups[0]["betas"] == (0.9,)


def test_forms_take_each_others_states(made: Make) -> None:
    states = [trained(made(TANH, form))[1].state_dict() for form in FORMS[::2]]
    for form in FORMS[::2]:
        for state in states:
            trained(made(TANH, form), steps=0)[1].load_state_dict(state)


@pytest.mark.parametrize("form", FORMS)
def test_what_has_no_key_or_one_of_another_version_loads(form: str, made: Make) -> None:
    """It says nothing about the rule; afterwards the state is that of the class."""
    _, mine = trained(made(TANH, form))
    kind = made(EXP, form)
    for given in (None, "1:cd7430521fcc852ba78248d7", "none", "", "3:", 7, [1], torch.ones(2), {"a": 1}):
        saved = copy.deepcopy(mine.state_dict())
        group = saved["param_groups"][0]
        group["rule_key"] = given
        if given is None:
            del group["rule_key"]
        model, other = trained(kind, steps=0)
        other.load_state_dict(saved)
        go_on(model, other)
        assert other.state_dict()["param_groups"][0]["rule_key"] == kind.rule_key


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", ["2.1", "2.1:", "2.1:\x1b[31m\n\n__import__('os')" * 9999, "2.1:{x!r}%s"])
def test_keys_that_were_written_by_hand(text: str, form: str, made: Make) -> None:
    """One line, whatever they are, and of no code."""
    if text == "2.1" and form != "minimal":
        text = "2.1:0"
    _, mine = trained(made(TANH, form))
    saved = copy.deepcopy(mine.state_dict())
    saved["param_groups"][0]["rule_key"] = text
    with pytest.raises(ValueError, match=r"\AInvalid state dict: of the rule ['\"]2[^\n]*\Z") as error:
        mine.load_state_dict(saved)
    assert str(error.value).isprintable() and len(str(error.value)) < 700


def test_states_of_two_optimizers_in_one_dict(made: Make) -> None:
    """Each group says whose it is, the second as well."""
    _, mine = trained(made(TANH))
    _, other = trained(made(EXP))
    weights = [torch.nn.Parameter(torch.ones(2, 3)) for _ in range(4)]
    both = made(EXP)([{"params": weights[:2]}, {"params": weights[2:]}])
    first, second = (copy.deepcopy(x.state_dict()) for x in (other, mine))
    second["param_groups"][0]["params"] = [2, 3]
    groups = first["param_groups"] + second["param_groups"]
    with pytest.raises(ValueError, match=ONE_LINE):
        both.load_state_dict({"state": {}, "param_groups": groups})


def test_groups_are_of_their_optimizer(made: Make) -> None:
    """A group of another optimizer gives its settings, and nothing is changed in it."""
    _, mine = trained(made(TANH))
    kind = made(EXP)
    other = kind(mine.param_groups, lr=0.5)
    assert other.param_groups[0]["rule_key"] == kind.rule_key
    assert other.param_groups[0]["lr"] == 0.01
    assert mine.state_dict()["param_groups"][0]["rule_key"].endswith("tanh(v_hat)")
    assert "rule_key" not in other.defaults
    type(other)(mine.param_groups[0]["params"], **other.defaults)


def test_groups_that_a_wrapper_has_loaded(made: Make) -> None:
    """As `ZeroRedundancyOptimizer` does it, which writes states and groups by itself."""
    model, mine = trained(made(TANH))
    kind = made(EXP)
    other = kind(model.parameters())
    for weight, state in mine.state.items():
        other.state[weight] = copy.deepcopy(state)
    other.param_groups[0].update(copy.deepcopy(mine.param_groups[0]) | {"params": list(model.parameters())})
    before = [x.detach().clone() for x in model.parameters()]
    for _ in range(2):
        with pytest.raises(ValueError, match=ONE_LINE):
            go_on(model, other)
    assert all(map(torch.equal, model.parameters(), before))
    other.param_groups[0]["rule_key"] = f"{kind.rule_key} and more"
    go_on(model, other)
    assert other.param_groups[0]["rule_key"] is kind.rule_key


def module_of(text: str, name: str, monkeypatch: pytest.MonkeyPatch, **options: Any) -> ModuleType:
    module = ModuleType(name)
    monkeypatch.setitem(sys.modules, name, module)
    exec(compile(render(parse(text), **options), name, "exec"), module.__dict__)
    return module


@pytest.mark.parametrize("minimal", [False, True])
def test_a_pickled_optimizer(minimal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its class is found by name, which may have been written anew for another rule."""
    model, mine = trained(module_of(TANH, "pickled_rule", monkeypatch, minimal=minimal).Mine)
    saved = pickle.dumps(mine)
    go_on(model, pickle.loads(saved))
    go_on(model, copy.deepcopy(mine))
    buffer = io.BytesIO()
    torch.save(mine, buffer)
    module_of(EXP, "pickled_rule", monkeypatch, minimal=minimal)
    buffer.seek(0)
    for read in (lambda: pickle.loads(saved), lambda: torch.load(buffer, weights_only=False)):
        with pytest.raises(ValueError, match=ONE_LINE):
            read()


def test_torchs_own_states(tmp_path: Path) -> None:
    """They have no key, and load; the file's load there."""
    face = face_named("torch.optim.AdamW")
    kind = load(render(rule_of_face(face), face=face), tmp_path).AdamW
    model, theirs = trained(torch.optim.AdamW)
    _, own = trained(kind)
    own.load_state_dict(theirs.state_dict())
    theirs.load_state_dict(own.state_dict())
    go_on(model, theirs)
    _, sgd = trained(torch.optim.SGD)
    with pytest.raises(ValueError, match=r"Invalid state dict: (parameter 0|a group) has no "):
        own.load_state_dict(sgd.state_dict())


ALONE = pytest.mark.filterwarnings("ignore:torch.distributed is disabled")


@ALONE
@pytest.mark.parametrize("flat", [False, True])
def test_distributed_checkpoints(flat: bool, made: Make, tmp_path: Path) -> None:
    """Of one process here; names of weights in the place of numbers, flattened and not."""
    options = StateDictOptions(flatten_optimizer_state_dict=flat)
    model, mine = trained(made(TANH))
    dcp.save({"optimizer": get_optimizer_state_dict(model, mine, options=options)}, checkpoint_id=tmp_path)
    for text, says in ((TANH, ""), (EXP, ONE_LINE)):
        again, other = trained(made(text))
        states = {"optimizer": get_optimizer_state_dict(again, other, options=options)}
        dcp.load(states, checkpoint_id=tmp_path)
        if says:
            with pytest.raises(ValueError, match=says):
                set_optimizer_state_dict(again, other, states["optimizer"], options=options)
        else:
            set_optimizer_state_dict(again, other, states["optimizer"], options=options)
            go_on(again, other)


@ALONE
def test_a_distributed_checkpoint_of_a_file_without_a_key(made: Make, tmp_path: Path) -> None:
    """What is not in it is taken out of what it is read into."""
    model, mine = trained(made(TANH))
    state = get_optimizer_state_dict(model, mine)
    del state["param_groups"][0]["rule_key"]
    dcp.save(state, checkpoint_id=tmp_path)
    state = get_optimizer_state_dict(model, mine)
    del state["param_groups"][0]["rule_key"]
    dcp.load(state, checkpoint_id=tmp_path)
    set_optimizer_state_dict(model, mine, state)
    go_on(model, mine)


def test_schedules(made: Make) -> None:
    """Their state dicts say which they are, also among others."""
    texts = [f"Rate(k=0.5) = schedule ~ {x}" for x in ("a1 * k", "a2 * k", "k * a1")]
    kinds = [made(text) for text in texts]
    _, optimizer = trained(made(TANH), steps=0)
    first, second, third = (kind(optimizer, total_steps=9) for kind in kinds)
    third.load_state_dict(first.state_dict())
    assert third.rule_key == kinds[2].rule_key
    with pytest.raises(ValueError, match=r"\AInvalid state dict: of the rule '2.1:\w+ Rate[^\n]*, not '2.1:"):
        second.load_state_dict(first.state_dict())
    for given in (None, "1:0", "\n"):
        saved = first.state_dict() | {"rule_key": given}
        if given is None:
            del saved["rule_key"]
        second.load_state_dict(saved)
        assert second.rule_key == kinds[1].rule_key
    buffer = io.BytesIO()
    torch.save(first.state_dict(), buffer)
    buffer.seek(0)
    assert torch.load(buffer, weights_only=True)["rule_key"] == kinds[0].rule_key
    parts = torch.optim.lr_scheduler.SequentialLR(optimizer, [kinds[0](optimizer, 9)], [])
    parts.load_state_dict(parts.state_dict())


@pytest.mark.parametrize("form", FORMS[::2])
def test_states_that_have_changed_their_names(form: str, made: Make) -> None:
    """Of the same rule, with the same names and shapes: they would be taken for each other."""
    texts = [
        f"Mine = {{ state a, b; {x} <- 0.9*{x} + 0.1*g; {y} <- 0.99*{y} + 0.01*g^2; "
        f"w <- w - lr*{x}/(sqrt({y}) + 1e-8) }}"
        for x, y in ("ab", "ba")
    ]
    first, second = (trained(made(text, form))[1] for text in texts)
    with pytest.raises(ValueError, match=r"\AInvalid state dict: of the rule '2.1:\w{24}-\w{6} Mine"):
        second.load_state_dict(first.state_dict())
    assert first.rule_key.split("-")[0] == second.rule_key.split("-")[0]
