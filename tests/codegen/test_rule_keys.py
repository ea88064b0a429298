"""Keys of rendered files: what they depend on, that they stay what they are, and how they are read back."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from nos_sym import catalog
from nos_sym.cli.main import cli
from nos_sym.codegen.backend import BACKENDS
from nos_sym.codegen.identity import carried_key, digest_of, key_text, keys_in, known_key, rule_key
from nos_sym.codegen.key_digests import computed, family
from nos_sym.codegen.render import render
from nos_sym.codegen.with_runtime import render_with_runtime
from nos_sym.faces import faces, rule_of_face
from nos_sym.language.block import Block
from nos_sym.language.parser import parse_file
from nos_sym.language.registry import apply
from nos_sym.language.rule import Momentum, Rule, Schedule

KNOWN = {
    "Adam": "2.1:a20b0879446f88506b3ed797",
    "Lion": "2.1:ca9b5ddae6f925cba9686785",
    "Opt4": "2.1:d07b9e128b63c139e539702e",
    "LR1": "2.1:26076941602c32ff4176bde7",
}
"""A change of one of these is one of all files: raise the version of the algebra or of the module with it."""

ADAM = "{ state m, v; m <- 0.9*m + 0.1*g; v <- 0.99*v + 0.01*g^2; w <- w - lr*m/(sqrt(v) + 1e-8) }"


def rule_of(text: str) -> Rule | Block | Schedule:
    (rule,) = parse_file(text)
    return rule


def carried(text: str, *, ordered: bool = False) -> tuple[str, str]:
    """Return the two digests of a key."""
    key, _, names = carried_key(rule_of(text), {}, ordered=ordered).partition("-")
    return key, names


SOME = [
    pytest.param(entry, id=entry.name, marks=[] if entry.name in KNOWN else [pytest.mark.heavy])
    for entry in catalog.entries()
]


@pytest.mark.parametrize("entry", SOME)
def test_the_table_of_keys_is_that_of_the_catalog(entry: Rule | Block | Schedule) -> None:
    """``make generated`` writes it anew; what is not in it is computed."""
    for ordered in (False, True):
        assert known_key(entry, {}, ordered=ordered) == computed(entry, {}, ordered=ordered)


@pytest.mark.parametrize("backend", ["torch", "keras", "optax"])
def test_the_table_has_the_files_in_place_of_libraries(backend: str) -> None:
    found = [face for face in faces() if face.backend == backend]
    for face in found:
        assert known_key(rule_of_face(face), face.states, ordered=backend != "torch"), face
    for face in found[:2]:
        given = rule_of_face(face), face.states
        ordered = backend != "torch"
        assert known_key(*given, ordered=ordered) == computed(*given, ordered=ordered)


@pytest.mark.parametrize("name", KNOWN)
def test_keys_stay_what_they_are(name: str) -> None:
    """Those in saved files are compared with them as long as the version is the same."""
    assert rule_key(catalog.entry(name)) == KNOWN[name]
    assert family(catalog.entry(name)) == KNOWN[name]


def test_digests_of_states_stay_what_they_are() -> None:
    assert carried("none ~ tanh(v_hat)")[1] == "ee6f75"
    assert carried(ADAM)[1] == "4442e6"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("none ~ tanh(v_hat)", "none ~ -tanh(-ema_hat(g, 0.8))"),
        ("A(eps=1e-8) = none ~ g / (s_hat + eps)", "B(eps=0.1) = none ~ g / (eps + s_hat)"),
        (ADAM, ADAM.replace("0.9*m + 0.1*g", "m + 0.1*(g - m)").replace("g^2", "g*g")),
        ("schedule ~ a1 * a2", "schedule ~ a2 * a1"),
    ],
)
def test_one_rule(one: str, other: str) -> None:
    """Written otherwise, with other values, under another name."""
    assert carried(one) == carried(other) and carried(one, ordered=True) == carried(other, ordered=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ADAM, "{ state m, v; v <- 0.9*v + 0.1*g; m <- 0.99*m + 0.01*g^2; w <- w - lr*v/(sqrt(m) + 1e-8) }"),
        (ADAM, ADAM.replace("0.1*g;", "0.2*g;").replace("lr*m", "0.5*lr*m")),
        (
            "A(beta1=0.9, beta2=0.99) = none ~ ema(g, beta1) / sqrt(ema(g^2, beta2))",
            "A(beta1=0.9, beta2=0.99) = none ~ ema(g, beta2) / sqrt(ema(g^2, beta1))",
        ),
    ],
    ids=["exchanged states", "a scaled state", "exchanged settings"],
)
def test_one_rule_with_other_states(one: str, other: str) -> None:
    """Names and shapes are the same, and a training would go on with the wrong numbers."""
    assert carried(one)[0] == carried(other)[0]
    assert carried(one)[1] != carried(other)[1]


def test_the_order_of_states_counts_where_they_are_saved_in_it() -> None:
    other = ADAM.replace("state m, v", "state v, m")
    assert carried(ADAM) == carried(other)
    assert carried(ADAM, ordered=True) != carried(other, ordered=True)


def test_other_rules_have_other_keys() -> None:
    texts = ("none ~ tanh(v_hat)", "none ~ exp(v_hat)", "momentum ~ tanh(v_hat)", "none ~ tanh(s_hat)")
    assert len({carried(text)[0] for text in texts}) == len(texts)


@pytest.mark.parametrize("backend", [b for b in BACKENDS if b != "latex"])
def test_files_are_read_back(backend: str) -> None:
    """The key stands in the file once for each class, in one line of 88 columns."""
    for name in ("Adam", "LR1"):
        entry = catalog.entry(name)
        text = render(entry, backend, fused=False)
        (found,) = keys_in(text)
        assert found.startswith(rule_key(entry)) and f"\nKey: {rule_key(entry)}\n" in text
        lines = re.findall(r"^.*(?:rule_key|RULE_KEY) = .*$", text, re.MULTILINE)
        assert all(len(line) <= 88 for line in lines)
    assert keys_in(render(catalog.entry("Adam"), backend, fused=False, keyed=False)) == []


def test_short_files_are_read_back() -> None:
    files = render_with_runtime(catalog.entry("Adam"))
    assert [len(keys_in(files[name])) for name in ("adam.py", "nos_sym_runtime.py")] == [1, 0]


def test_long_rules_are_cut() -> None:
    for name in ("ProdigyPO", "Opt10"):
        entry = catalog.entry(name)
        text = key_text(entry, f"{rule_key(entry)}-123456")
        assert 64 < len(text) <= 71 and text.endswith("...")
    assert digest_of("2.1:3f2a9c11") == "3f2a9c"


def test_the_command(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    rule = rule_of("Mine = none ~ tanh(v_hat)")
    path.write_text(render(rule, fused=False), encoding="utf-8")
    run = CliRunner().invoke(cli, ["key", str(path), "none ~ -tanh(-v_hat)", "LR1"])
    lines = run.output.splitlines()
    assert run.exit_code == 0 and len(lines) == 3
    assert lines[0].endswith(" Mine = none ~ tanh(v_hat)") and lines[1].endswith(" none ~ -tanh(-v_hat)")
    assert lines[0].partition("-")[0] == lines[1].partition(" ")[0] == rule_key(rule)
    (row,) = json.loads(CliRunner().invoke(cli, ["key", str(path), "--json"]).output)
    assert row == {"target": str(path), "key": lines[0].split()[0], "rule": "Mine = none ~ tanh(v_hat)"}
    path.write_text("rule_key = 'none'\nimport os\nos.abort()\n", encoding="utf-8")
    refused = CliRunner().invoke(cli, ["key", str(path)])
    assert refused.exit_code == 2 and "carries no key; expected a file that nos-sym" in refused.output


def test_rules_that_are_too_large_for_a_form_have_keys_of_their_text() -> None:
    """A form with a setting for each of many averages takes minutes, and one that is too large never ends."""

    def nested(name: str, depth: int, beta: str = "0.5") -> Rule:
        update = apply("g")
        for _ in range(depth):
            update = apply(name, update, beta=beta)
        return Rule(Momentum.NONE, update, name="Deep")

    assert rule_key(nested("ema", 3)) == rule_key(nested("ema", 3, "0.7"))
    assert rule_key(nested("ema", 40)) != rule_key(nested("ema", 40, "0.7"))
    first, second = (rule_key(nested("ema_hat", 148, beta)) for beta in ("0.5", "0.7"))
    assert first.startswith("0.") and first != second
    assert first == rule_key(nested("ema_hat", 148).named("Other"))
