"""Faces by the calls of their libraries: flags of all kinds."""

from __future__ import annotations

import pytest

from nos_sym.errors import CatalogError
from nos_sym.faces import face_named


@pytest.mark.parametrize("value", [True, False, 1, 0, 1.0, 0.0, -0.0])
def test_a_flag_is_true_or_false_or_a_number_equal_to_one_of_them(value: float) -> None:
    assert face_named(f"torch.optim.Adam(amsgrad={value})").flags == ({"amsgrad": True} if value else {})
    face = face_named(f"optax.nadam(nesterov={value})")
    assert face.flags == ({} if value else {"nesterov": False})


@pytest.mark.parametrize("value", ["'True'", '"False"', "''", "None", "2", "-1", "0.5", "1e-3"])
def test_what_a_library_takes_by_its_truth_alone_is_refused(value: str) -> None:
    for call in (f"torch.optim.Adam(amsgrad={value})", f"keras.optimizers.SGD(nesterov={value})"):
        name = call.partition("(")[0]
        with pytest.raises(CatalogError, match=rf"is not among the rules here; there are {name}, ") as error:
            face_named(call)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("value", ["", "yes", "true", "(1, 2)", "[True]"])
def test_what_is_no_literal_is_no_flag(value: str) -> None:
    with pytest.raises(CatalogError, match="is no flag; expected, for example, 'amsgrad=True'"):
        face_named(f"torch.optim.Adam(amsgrad={value})")
