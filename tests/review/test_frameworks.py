"""Which library code is for: by its text outside, and by what it defines where it is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nos_sym.cli.main import cli
from nos_sym.errors import NosSymError
from nos_sym.language.block import Block
from nos_sym.review import lifting
from nos_sym.review.analysis import ReviewError, read_rule
from nos_sym.review.frameworks import imported_by, is_for_torch, of_module, transforming
from nos_sym.review.lifting import Place, Read, Unread, lifted
from nos_sym.review.page import Check, Review
from nos_sym.review.page import Result as Verdict
from nos_sym.review.reviewing import Options, review_code
from nos_sym.review.sources import Code
from nos_sym.sandbox.limits import Limits
from nos_sym.sandbox.process import RunError

RULE = "{ state m; m <- 0.9*m + g; w <- w - lr*m }"
PLACE = Place("my.py", "import optax", {}, Limits(), True)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import torch.optim as o", {"torch"}),
        ("from keras import ops", {"keras"}),
        ("def f():\n    import tensorflow as tf", {"keras"}),
        ("import torch, optax", {"torch", "optax"}),
        # Python warns of this, and that is nobody's concern here.
        ("import keras\nx = '\\d'", {"keras"}),
        ("from .torch import x\nimport my.torch\ntorch = 3\n'import torch'", set()),
    ],
)
def test_libraries_that_a_text_names(text: str, names: set[str]) -> None:
    assert imported_by(text) == names


def test_what_code_claims_does_not_take_the_checks_of_torch_away() -> None:
    torch, both, none = frozenset({"torch"}), frozenset({"torch", "keras"}), frozenset[str]()
    assert is_for_torch(torch, "optax") and is_for_torch(none, "torch") and is_for_torch(both, "torch")
    assert not is_for_torch(both, "keras") and not is_for_torch(frozenset({"optax"}), "")
    assert is_for_torch(both, "") and is_for_torch(none, "")
    assert of_module("optax:adam") == {"optax"} and of_module("pytorch_optimizer:Lion") == set()


FUNCTIONS = """
import optax as ox, numpy as np
from optax import GradientTransformation as GT, chain as c
def annotated(lr) -> "optax.GradientTransformation": ...
def made(lr):
    def init(p): return np.zeros(3)
    return GT(init, init)
def chained(lr): return c(made(lr))
def attribute(lr): return ox.contrib.muon(lr)
def called(lr): return ox.inject_hyperparams(ox.sgd)(lr)
def named(lr):
    if lr:
        tx = ox.sgd(lr)
    return tx
def either(lr): return ox.sgd(lr) if lr else None
def loss(x) -> float: return ox.l2_loss(x)
def inner(x):
    def f(): return ox.sgd(x)
    return 3
def plain(x): return np.zeros(x)
async def later(x): return ox.sgd(x)
"""


def test_functions_that_return_transformations() -> None:
    assert transforming(FUNCTIONS) == {
        "annotated", "made", "chained", "attribute", "called", "named", "either",
    }  # fmt: skip
    loop = "def a(): return b()\ndef b(): return a()"
    assert transforming(loop) == transforming("") == set()


def answering(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    monkeypatch.setattr(lifting, "run", lambda *_, **__: answer)


def test_answers_are_of_a_known_library(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = {"framework": "optax", "rule": RULE, "notes": [], "special": False, "shapes": []}
    answering(monkeypatch, sound)
    found = lifted(PLACE)
    assert isinstance(found, Read) and isinstance(found.rule, Block) and found.framework == "optax"
    for wrong in ({"framework": "mxnet"}, {"framework": ""}, {"framework": ["optax"]}, {"framework": None}):
        answering(monkeypatch, sound | wrong)
        with pytest.raises(ReviewError, match="not what this package writes"):
            lifted(PLACE)
    answering(monkeypatch, {"framework": "keras", "problem": "no\nhandler" + "x" * 9999})
    unread = lifted(PLACE)
    assert isinstance(unread, Unread) and unread.framework == "keras"
    assert unread.problem.isprintable() and len(unread.problem) <= 600


def test_the_backend_of_keras_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs: list[Any] = []
    monkeypatch.setattr(lifting, "run", lambda _, job, *a, **k: jobs.append(job))
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setenv("A_SECRET", "x")
    PLACE.ask("job", more=1)
    assert jobs == [
        {"original": "my.py", "text": "import optax", "arguments": {}, "backend": "torch", "more": 1}
    ]


@pytest.mark.parametrize(
    ("text", "answer", "result", "applies"),
    [
        ("import optax", {"framework": "optax", "problem": "no handler"}, Verdict.UNKNOWN, False),
        ("import keras", RunError("did not end"), Verdict.UNKNOWN, False),
        ("import torch", {"framework": "optax", "problem": "no handler"}, Verdict.UNKNOWN, True),
        ("import torch, keras", {"framework": "keras", "problem": "x"}, Verdict.UNKNOWN, False),
    ],
)
def test_what_could_not_be_lifted_is_unknown(
    text: str, answer: Any, result: Verdict, applies: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that gives no answer, and an optimizer that is not lifted, are no bad input."""

    def run(*_: Any, **__: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    asked: list[str] = []

    def conform(original: str, *_: Any, **__: Any) -> Any:
        asked.append(original)
        raise RunError("did not end")

    monkeypatch.setattr(lifting, "run", run)
    monkeypatch.setattr("nos_sym.review.reviewing.conform", conform)
    found = review_code(Code("my.py", text), Options(trust=True))
    assert found.result is result and bool(asked) is applies
    [conformance] = [x for x in found.checks if x.name == "conformance"]
    assert conformance.applies is applies
    assert ("n/a      conformance" in str(found)) is not applies


def test_code_without_an_optimizer_is_bad_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("import optax")
    answering(monkeypatch, {"framework": "", "problem": "the file defines no optimizer"})
    found = CliRunner().invoke(cli, ["review", str(file), "--trust"])
    assert (found.exit_code, found.stderr) == (2, "error: the file defines no optimizer\n")


def test_what_does_not_apply_counts_for_nothing() -> None:
    checks = (Check("lift", True, ""), Check("conformance", None, "does not apply", applies=False))
    found = Review("x", checks, framework="optax")
    assert found.result is Verdict.NEW and found.to_json()["framework"] == "optax"
    assert [x["applies"] for x in found.to_json()["checks"]] == [True, False]


OPTAX = """
import optax

def scale_by_nothing() -> optax.GradientTransformation:
    return optax.identity()

def mine(learning_rate=0.1):
    return optax.chain(scale_by_nothing(), optax.scale_by_learning_rate(learning_rate))
"""


def test_the_optimizer_of_a_file_is_found(tmp_path: Path) -> None:
    pytest.importorskip("optax")
    from nos_sym.review.choosing import chosen

    def choose(text: str, name: str = "") -> tuple[str, str]:
        found = chosen({"original": f"a.py:{name}" if name else "a.py", "text": text})
        return found.target.rpartition(":")[2], found.framework

    assert choose(OPTAX) == ("mine", "optax")
    assert choose(OPTAX, "scale_by_nothing") == ("scale_by_nothing", "optax")
    assert choose("import optax\ndef one(): return optax.identity()") == ("one", "optax")
    assert choose("from optax import sgd", "sgd") == ("sgd", "optax")
    for text, name, says in (
        (OPTAX + "other = mine(1e-3)", "other", "is no optimizer; expected a class"),
        (OPTAX + "def more(lr=1): return mine(lr)", "", "defines 2 optimizers, mine, more; name one"),
        (OPTAX, "third", "the file has no 'third'; it has mine"),
        ("def main(lr): raise SystemExit", "", "defines no optimizer; expected"),
        ("raise SystemExit", "", "ends Python when it is imported"),
        ("import no_such_module_at_all", "", "No module named"),
    ):
        with pytest.raises(NosSymError, match=says):
            choose(text, name)
    assert read_rule(RULE)
