"""The templates of rendered files, found by backend and name."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from nos_sym.codegen.backend import BACKENDS, Backend, backend_of
from nos_sym.codegen.template_code import TemplateCode
from nos_sym.errors import RenderError


def template(file: str, target: Backend | None) -> Template:
    """Return a template of a backend, or of a function that backends lack."""
    folder = "functions" if target is None else target.name
    try:
        return _environment().get_template(f"{folder}/{file}.py.jinja")
    except FileNotFoundError:
        raise RenderError(f"the backend '{folder}' has no '{file}'") from None


_OPTIONS: dict[str, Any] = {
    "optimized": False,  # folding constants takes longer than it saves in a template that is used once
    "trim_blocks": True,
    "lstrip_blocks": True,
    "keep_trailing_newline": True,
}


@lru_cache(maxsize=1)
def _environment() -> Environment:
    def load(path: str) -> tuple[str, str | None, None]:
        name, file = path.split("/")
        own = name == "functions" or name in BACKENDS  # a template includes another by its path
        folder = files("nos_sym.backends").joinpath(name, "templates") if own else backend_of(name).templates
        found = folder.joinpath(file)
        return found.read_text(encoding="utf-8"), str(found) if isinstance(found, Path) else None, None

    return Environment(
        loader=FunctionLoader(load),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - the output is Python, and text reaches it only through printers
        bytecode_cache=TemplateCode(_OPTIONS),
        **_OPTIONS,
    )
