"""``nos-sym render --with-runtime``: where files go, and what is never written over."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nos_sym import catalog
from nos_sym.cli.main import cli
from nos_sym.codegen.with_runtime import RUNTIME, render_with_runtime


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["render", *map(str, arguments)])


def said(*arguments: object, code: int = 2) -> str:
    """Return the line of an error."""
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_several_optimizers_share_a_runtime(tmp_path: Path) -> None:
    assert run("Opt4", "--with-runtime", "-o", tmp_path).exit_code == 0
    before = (tmp_path / f"{RUNTIME}.py").stat().st_mtime_ns
    assert run("Opt7", "--with-runtime", "-o", tmp_path / "seven.py").exit_code == 0
    expected = render_with_runtime(catalog.entry("Opt4")) | render_with_runtime(
        catalog.entry("Opt7"), module="seven"
    )
    assert texts(tmp_path) == expected
    assert (tmp_path / f"{RUNTIME}.py").stat().st_mtime_ns == before


def test_the_same_again_is_no_error(tmp_path: Path) -> None:
    for _ in range(2):
        assert run("torch.optim.AdamW", "--with-runtime", "-o", tmp_path).exit_code == 0
    assert set(texts(tmp_path)) == {"adam_w.py", "_adam_w.py", f"{RUNTIME}.py"}


def test_a_package_has_relative_imports(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").touch()
    assert run("Opt4", "--with-runtime", "-o", tmp_path).exit_code == 0
    assert f"from .{RUNTIME} import " in (tmp_path / "opt4.py").read_text()


def test_options_of_other_renderings_go_along(tmp_path: Path) -> None:
    options = ("--set", "weight_decay=0.1", "--name", "Mine", "--no-fused")
    assert run("AdamTorch", *options, "--with-runtime", "-o", tmp_path).exit_code == 0
    found = texts(tmp_path)
    assert "weight_decay=0.1" in found["mine.py"]
    assert "Kernel" not in found["_mine.py"]


@pytest.mark.parametrize("other", ["--minimal", "--factor", "--low-precision"])
def test_what_is_one_file_has_no_runtime(other: str, tmp_path: Path) -> None:
    assert f"'{other}' renders one file alone" in said("Opt6", other, "--with-runtime", "-o", tmp_path)


def test_standard_output_takes_one_file() -> None:
    assert "say where, with -o FOLDER" in said("Opt4", "--with-runtime")


@pytest.mark.parametrize("name", ["missing", "missing/opt4.py", "opt4.txt"])
def test_no_folder(name: str, tmp_path: Path) -> None:
    assert "is no folder, nor a .py file in one" in said("Opt4", "--with-runtime", "-o", tmp_path / name)
    assert not texts(tmp_path)


def test_other_backends(tmp_path: Path) -> None:
    assert "only optimizers for torch" in said("Opt4", "-b", "optax", "--with-runtime", "-o", tmp_path)


def test_a_name_that_cannot_be_imported(tmp_path: Path) -> None:
    assert "is no name of a module" in said("Opt4", "--with-runtime", "-o", tmp_path / "my-opt.py")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (f"{RUNTIME}.py", "is of another version of nos-sym"),
        ("opt4.py", "is there and is not the same; to replace it, name it: -o "),
        ("_opt4.py", "is there and was not rendered"),
    ],
)
def test_files_of_others_stay(name: str, says: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine = 1\n")
    assert says in said("Opt4", "--with-runtime", "-o", tmp_path, code=1)
    assert texts(tmp_path) == {name: "mine = 1\n"}


def test_a_file_that_is_named_is_replaced_with_its_parts(tmp_path: Path) -> None:
    for rule in ("Opt4", "Opt5"):
        assert run(rule, "--with-runtime", "-o", tmp_path / "mine.py").exit_code == 0
    assert texts(tmp_path) == render_with_runtime(catalog.entry("Opt5"), module="mine")
