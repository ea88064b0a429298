"""Import of rendered files: always the present content, one line for what cannot be imported."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from nos_sym.surrogate.loading import LoadError, load_file
from nos_sym.surrogate.settings import TrainingSettings

SOURCE = """
class Mine:
    def __init__(self, params, lr, momentum=0.5, *, total_steps):
        self.given = (params, lr, momentum, total_steps)

    number = {number}
"""


def test_a_changed_file_is_imported_anew_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    before = set(sys.modules)
    for number in range(3):
        path.write_text(SOURCE.format(number=number), encoding="utf-8")
        os.utime(path, (1_700_000_000, 1_700_000_000))  # the same second and the same size
        assert load_file(path, "Mine").optimizer.number == number
    assert set(sys.modules) == before
    assert [file.name for file in tmp_path.iterdir()] == ["mine.py"]


def test_construction_gives_what_the_signature_asks_for(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(SOURCE.format(number=0), encoding="utf-8")
    file = load_file(path, "Mine")
    settings = TrainingSettings(steps=1234, momentum_high=0.9)
    assert file.construct(settings, ["w"], lr=0.1).given == (["w"], 0.1, 0.9, 1234)
    path.write_text("class Mine:\n    def __init__(self, params, lr): self.given = params, lr\n")
    assert load_file(path, "Mine").construct(settings, ["w"], lr=0.1).given == (["w"], 0.1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file"),
        ("class Mine(:\n", "cannot be imported: SyntaxError"),
        ("import no_such_module\n", "cannot be imported: ModuleNotFoundError"),
        ("1 / 0\n", "cannot be imported: ZeroDivisionError"),
        ("open('/no/such/file')\n", "cannot be imported: FileNotFoundError"),
        ("Mine = 3\n", "has no class 'Mine'"),
        ("", "has no class 'Mine'"),
    ],
)
def test_what_cannot_be_imported_is_one_line(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "mine.py"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(LoadError) as caught:
        load_file(path, "Mine")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
