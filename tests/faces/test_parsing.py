"""What is said of names that a rule does not know leads to entries that can be applied in their place."""

from __future__ import annotations

import re

import pytest

from nos_sym import catalog
from nos_sym.errors import SourceError
from nos_sym.faces import Face, equals_of, faces
from nos_sym.faces.parsing import LIBRARY, parse
from nos_sym.language.application import Earlier
from nos_sym.language.rule import Schedule


@pytest.mark.parametrize(
    "face",
    [
        pytest.param(face, id=str(face), marks=() if face.library == "torch" else pytest.mark.heavy)
        for face in faces()
    ],
)
def test_the_call_of_a_face_is_answered_with_its_entry(face: Face) -> None:
    flags = ", ".join(f"{name}={value!r}" for name, value in face.flags.items())
    found = LIBRARY.meant(f"{face.name}(tanh(g){', ' if flags else ''}{flags}) * 2 + other(amsgrad=True)")
    begin = f"{face.name} is '{face.entry}' in the catalog"
    if found.startswith(f"{begin}; write '{face.entry}(g)'"):
        parse(f"none ~ {face.entry}(g)")
    else:
        assert found.startswith(f"{begin} and cannot be applied: ")
        with pytest.raises(SourceError, match="cannot be applied here: "):
            parse(f"none ~ {face.entry}(g)")


def test_who_follows_a_hint_at_a_setting_writes_a_rule() -> None:
    followed = 0
    for name in catalog.names():
        if isinstance(catalog.entry(name), Schedule) or not equals_of(name) or "Muon" in name:
            continue
        for setting, value in (("beta1", 0.5), ("eps", 0.1), ("momentum", 0.5)):
            try:
                parse(f"none ~ {name}(g, {setting}={value})")
            except SourceError as error:
                if hint := re.search(r"; '(\w+)', the same at the defaults, has it", str(error)):
                    followed += 1
                    parse(f"none ~ {hint[1]}(g, {setting}={value})")
    assert followed >= 8


def test_rules_of_a_text_hide_entries() -> None:
    above = Earlier(LIBRARY)
    assert "'AdamTorch'" in above.with_setting("Adam", "beta1")
    assert "AdamTorch" in above.meant("torch.optim.Adam(g)")
    above.rules["Adam"] = parse("Adam = none ~ g")
    assert above.with_setting("Adam", "beta1") == ""
    assert Earlier().with_setting("Adam", "beta1") == Earlier().meant("torch.optim.Adam(g)") == ""
