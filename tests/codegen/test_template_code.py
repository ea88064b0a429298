"""Templates are compiled once, and code that is kept is never that of another text."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from jinja2 import Environment, FunctionLoader

from nos_sym.codegen import template_code
from nos_sym.codegen.template_code import TemplateCode

_COUNTED = """
from jinja2 import Environment
compile_, compiled = Environment.compile, []
def counted(self, source, name=None, *rest, **named):
    compiled.append(name)
    return compile_(self, source, name, *rest, **named)
Environment.compile = counted
import nos_sym
text = nos_sym.render(nos_sym.catalog.entry("Opt4"))
print(len(compiled), hash(text))
"""


@pytest.fixture(autouse=True)
def _writing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)


def _environment(path: Path, options: object = "") -> Environment:
    return Environment(
        loader=FunctionLoader(lambda _: (path.read_text(), str(path), None)),
        bytecode_cache=TemplateCode(options),
        autoescape=True,
    )


def _shown(path: Path, options: object = "") -> str:
    return _environment(path, options).get_template("t").render(x=2)


def _kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("__pycache__/*"))


def test_code_is_kept_and_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.jinja"
    path.write_text("{{ x + 1 }}")
    assert _shown(path) == "3"
    assert _kept(tmp_path) == [f"t.jinja.{sys.implementation.cache_tag}.pyc"]
    with monkeypatch.context() as patched:
        patched.setattr(Environment, "compile", None)
        assert _shown(path) == "3"
        with pytest.raises(TypeError):
            _shown(path, "other options")


def test_code_of_another_text_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "t.jinja"
    path.write_text("{{ x + 1 }}")
    _shown(path)
    found = path.stat()
    path.write_text("{{ x + 5 }}")
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert _shown(path) == "7"
    assert _shown(path) == "7"


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 4000, None])
def test_damaged_code_is_made_anew(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "t.jinja"
    path.write_text("{{ x + 1 }}")
    _shown(path)
    code = tmp_path / "__pycache__" / _kept(tmp_path)[0]
    whole = code.read_bytes()
    code.write_bytes(whole[:-1] if content is None else content)
    assert _shown(path) == "3"
    assert code.read_bytes() == whole


def test_nothing_is_written_where_python_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.jinja"
    path.write_text("{{ x + 1 }}")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert _shown(path) == "3"
    assert _kept(tmp_path) == []


def test_templates_without_a_path_are_compiled_in_each_environment() -> None:
    environment = Environment(
        loader=FunctionLoader(lambda _: "{{ x + 1 }}"), bytecode_cache=TemplateCode(""), autoescape=True
    )
    assert environment.get_template("t").render(x=2) == "3"


def test_code_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.jinja"
    path.write_text("{{ x + 1 }}")
    (tmp_path / "__pycache__").write_text("a file in the way")
    assert _shown(path) == "3"
    (tmp_path / "__pycache__").unlink()

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(template_code.Path, "replace", full)
    assert _shown(path) == "3"
    assert _kept(tmp_path) == []


def test_a_second_process_compiles_no_template(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONHASHSEED": "0"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    shown = [
        subprocess.run(
            [sys.executable, "-c", _COUNTED],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for _ in range(2)
    ]
    assert int(shown[0][0]) > 10
    assert shown[1] == ["0", shown[0][1]]
