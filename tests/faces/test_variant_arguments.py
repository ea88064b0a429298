"""A variant of a face may say what else its arguments are."""

from __future__ import annotations

import pytest

from nos_sym.errors import CatalogError
from nos_sym.faces.face import Use
from nos_sym.faces.reading import faces_in

TEXT = """
library = "lib"
version = "1"

[[face]]
name = "lib.X"
entry = "AdamTorch"
[face.arguments]
lr = { rate = true, default = 1e-3 }
rectify = { only = [false] }
threshold = { only = [5] }

[[face.variant]]
flags = { rectify = true }
entry = "AdamTorch"
[face.variant.arguments]
"""


def test_a_threshold_counts_with_the_flag_that_reads_it() -> None:
    usual, rectified = faces_in(TEXT + "threshold = { setting = 'beta1', default = 0.5 }", "a.toml", "torch")
    assert usual.defaults == {}
    assert rectified.defaults == {"beta1": 0.5}
    assert [a.use for a in usual.arguments] == [Use.RATE, Use.ONLY, Use.ONLY]
    assert [a.use for a in rectified.arguments] == [Use.RATE, Use.ONLY, Use.SETTINGS]
    assert [a.name for a in rectified.arguments] == ["lr", "rectify", "threshold"]


@pytest.mark.parametrize("argument", ["other = { default = 1 }", "rectify = { only = [true] }"])
def test_what_is_no_other_argument_is_refused(argument: str) -> None:
    with pytest.raises(CatalogError, match="is no other argument of a variant"):
        list(faces_in(TEXT + argument, "a.toml", "torch"))
