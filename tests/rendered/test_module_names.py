"""Names of rendered modules say all that they are printed from, and nothing else is one."""

from __future__ import annotations

import pytest

from nos_sym.rendered.names import LONGEST, PACKAGE, Printed, module_name, printed_as

CASES = [
    Printed("0.1.0", "Opt4", "torch"),
    Printed("0.1.0", "Mine = none ~ " + " + ".join(["tanh(g)"] * 300), "keras"),
    Printed("0.1.0", "", "torch", "torch.optim.Adam(amsgrad=True)"),
    Printed("0.1.0", "Name", "torch", None, "bfloat16", False, True),
    Printed("0.1.0", 'X = none ~ g from "\u00e9\u4e2d"', "optax", None, None, True, True),
]


@pytest.mark.parametrize("printed", CASES)
def test_a_name_is_read_back(printed: Printed) -> None:
    name = module_name("opt_4_torch", printed)
    assert name.startswith(f"{PACKAGE}.opt_4_torch_")
    assert all(part.isidentifier() for part in name.split("."))
    assert printed_as(name) == printed
    assert printed_as(name.removeprefix(f"{PACKAGE}.")) == printed


def test_names_differ_with_what_is_printed() -> None:
    assert len({module_name("a", printed) for printed in CASES}) == len(CASES)


@pytest.mark.parametrize(
    "name", ["", "names", "sources", "opt4_p", "opt4_pz", "opt4_paaaa", "opt4_xaaaa", "opt4_p5n5q", "a_q2222"]
)
def test_other_names_are_none_of_these(name: str) -> None:
    assert printed_as(f"{PACKAGE}.{name}") is None


def test_a_name_that_unpacks_to_too_much_is_refused() -> None:
    assert printed_as(module_name("a", Printed("0.1.0", "g" * (LONGEST + 10), "torch"))) is None
