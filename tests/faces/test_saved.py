"""What the tables say of the state dicts of originals."""

from __future__ import annotations

import pytest

from nos_sym.errors import CatalogError
from nos_sym.faces import faces, rule_of_face
from nos_sym.faces.reading import faces_in
from nos_sym.faces.saved import Saved

TEXT = """
library = "lib"
version = "1"

[[face]]
name = "lib.X"
entry = "AdamTorch"
[face.saved]
{}
[face.arguments]
lr = {{ rate = true, default = 1e-3 }}

[[face.variant]]
flags = {{ }}
entry = "AdamTorch"
"""


def test_a_table_is_read_and_holds_for_variants() -> None:
    said = (
        'group = { d = "\'d0\'", total = "None", low = -1.0 }\nsteps = ["k"]\nkeyed = { m = ["betas", "m1"] }'
    )
    wanted = Saved(group={"d": "d0", "total": None, "low": -1.0}, steps=("k",), keyed={"m": ("betas", "m1")})
    assert [face.saved for face in faces_in(TEXT.format(said), "a.toml", "torch")] == [wanted, wanted]
    assert wanted.names == {"d", "total", "low", "k", "m1"}


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(CatalogError, match=r"a\.toml, lib\.X: what is \['other'\] in saved\?"):
        list(faces_in(TEXT.format("other = 1"), "a.toml", "torch"))


def test_states_are_those_of_the_rules() -> None:
    """What a table says of a state, it says of one that the rule has; what begins late begins at zero."""
    for face in (f for f in faces() if f.saved != Saved()):
        states = {face.states.get(s.name, s.name): s for s in rule_of_face(face).states}
        assert face.saved.names <= set(states), face
        assert all(states[name].start is None for name in face.saved.late if name != "step"), face
