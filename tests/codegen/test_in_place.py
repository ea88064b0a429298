"""The update in place: no statement reads what another has written over, and few buffers are enough."""

from __future__ import annotations

import random
import re

import pytest
from support.random_blocks import random_block

from nos_sym import catalog
from nos_sym.codegen.backend import backend_of
from nos_sym.codegen.emit import emit
from nos_sym.codegen.in_place import InPlace
from nos_sym.language.block import Block
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule, Schedule
from nos_sym.program.lower import lower

_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_OUT = re.compile(r"(?:out=|(?:limit|within|saturate|positive)_\(.*, )(\w+)\)\Z|\A(?:\w+ = )?(\w+)\.copy_\(")


def in_place(rule: Rule | Block) -> InPlace:
    printer = backend_of("torch").printer
    program = lower(rule, printer.native, own_states=printer.states, as_change=printer.changes)
    found = emit(program, printer).in_place
    assert found is not None
    return found


def overwritten(found: InPlace) -> list[str]:
    """Return the statements that read a name whose memory holds something else by then."""
    memory: dict[str, str] = {}
    owner: dict[str, str] = {}
    wrong = []
    for line in found.lines:
        name, _, text = line.rpartition(" = ") if re.match(r"\w+ = ", line) else ("", "", line)
        match = _OUT.search(text)
        target = (match[1] or match[2]) if match else ""
        read = [word for word in _NAME.findall(text) if word != target or text.count(target) > 1]
        wrong += [line for word in read if word in memory and owner[memory[word]] != word]
        if target:
            # A state that is written over keeps its name.
            memory[name or target], owner[target] = target, name or target
    last = [word for text in found.outputs for word in _NAME.findall(text)]
    wrong += [f"-> {word}" for word in last if word in memory and owner[memory[word]] != word]
    return wrong


def test_adam_needs_two_buffers_and_writes_over_its_states() -> None:
    found = in_place(catalog.entry("Adam"))  # type: ignore[arg-type]
    assert len(found.buffers) == 2
    assert found.outputs == ("v", "s")
    assert any(line == "torch.lerp(v, bounded, co_beta1, out=v)" for line in found.lines)
    assert found.lines[-1] == "weight.addcdiv_(v_hat, total, value=opposite)"


def test_a_state_whose_old_value_is_read_later_is_not_written_over() -> None:
    found = in_place(parse("Late = { state m, n, k; m <- 0.9*m + g; n <- 0.5*n + k; k <- m; w <- w - lr*n }"))
    assert not overwritten(found)
    kept = in_place(parse("Old = { state m; y = m; m <- 0.9*m + g; w <- w - lr*y }"))
    assert not overwritten(kept)


@pytest.mark.parametrize("seed", range(60))
def test_no_statement_of_a_random_block_reads_what_was_written_over(seed: int) -> None:
    found = in_place(random_block(random.Random(seed)))
    assert overwritten(found) == []


@pytest.mark.heavy
def test_no_statement_of_the_catalog_reads_what_was_written_over() -> None:
    for name in catalog.names():
        rule = catalog.entry(name)
        if isinstance(rule, Schedule):
            continue
        printer = backend_of("torch").printer
        program = lower(rule, printer.native, own_states=printer.states, as_change=printer.changes)
        found = emit(program, printer).in_place
        assert found is None or overwritten(found) == [], name


def test_the_judge_sees_what_was_written_over() -> None:
    broken = InPlace(
        ("a = torch.neg(gradient, out=buffer_1)", "b = torch.sqrt(weight, out=buffer_1)", "weight.add_(a)"),
        (),
        ("buffer_1",),
    )
    assert overwritten(broken) == ["weight.add_(a)"]


def test_a_gradient_alone_is_lent_and_to_a_buffer_alone() -> None:
    """What a state or the next statement writes over is written in full."""
    (line,) = [x for x in in_place(parse("A = none ~ g^2 + g")).lines if "within_" in x or "limit_" in x]
    assert line == "bounded = within_(gradient, 2, buffer_1)"
    kept = in_place(parse("B = { state v; w <- w - lr * v^2; v <- g }"))
    texts = "; ".join(kept.lines)
    assert "within_(gradient" not in texts or "= within_(gradient" in texts
    assert not overwritten(kept)
