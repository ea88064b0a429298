"""Reading faces from the tables beside a backend, ``backends/<name>/faces/*.toml``.

A file has ``library``, ``version``, ``[common]`` (arguments that each of its faces has at the end, unless it
has them itself) and ``[[face]]`` tables. A face has the keys of :class:`Face` under their names, and

    [face.arguments]
    lr = { rate = true, default = 1e-3 }
    betas = { settings = ["beta1", "beta2"], default = [0.9, 0.999] }
    eps = { default = 1e-8 }                      # the setting of the same name
    epsilon = { setting = "eps", default = 1e-7, none = 0 }
    amsgrad = { only = [false] }                  # the first value is the default
    exclude_embeddings = { only = [true], names = "embedding" }  # refused are matrices whose names have it
    "*" = {}                                      # what follows is given by keyword alone
    foreach = { option = true, default = "None" }

    [face.saved]                                  # state dicts, where names do not say it: see Saved
    group = { weight_sum = 0.0, d = "'d0'" }

    [[face.variant]]                              # the same original with other flags
    flags = { amsgrad = true }
    entry = "AMSGrad"
    [face.variant.arguments]                      # those that mean something else with these flags
    n_sma_threshold = { default = 5 }

A flag is an argument with ``only``, or a text in place of settings, as the name of a preset is.
A text is a Python literal: ``"None"``, or ``"'original'"`` with its quotes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any, TypeAlias

from nos_sym.errors import CatalogError
from nos_sym.faces.face import Argument, Default, Face, Use
from nos_sym.faces.saved import saved_of

Table: TypeAlias = "dict[str, Any]"

_KEYS = frozenset(
    ("entry", "states", "keys", "groups", "present", "squeezed", "detached", "counts", "saved", "ranks",
     "precision", "because")
)  # fmt: skip
_COUNTS = ("parameter", "group", "optimizer")


def read_faces(backend: str) -> Iterator[Face]:
    """Yield the faces of a backend, variants behind what they vary.

    Raises:
        CatalogError: a table that says something else than this module's first words.
    """
    folder = files("nos_sym.backends").joinpath(backend, "faces")
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        if path.name.endswith(".toml"):
            yield from faces_in(path.read_text(encoding="utf-8"), f"{backend}/{path.name}", backend)


def faces_in(text: str, where: str, backend: str) -> Iterator[Face]:
    """Yield the faces of a file; ``where`` stands in messages."""
    try:
        file = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(f"{where}: {error}") from None
    rest = set(file) - {"library", "version", "common", "face"}
    if rest or not {"library", "version"} <= set(file):
        raise CatalogError(f"{where}: expected library, version, common and face, not {sorted(rest)}")
    for table in file.get("face", []):
        yield from _faces(table, file, f"{where}, {table.get('name')}", backend)


def _faces(table: Table, file: Table, where: str, backend: str) -> Iterator[Face]:
    if rest := set(table) - _KEYS - {"name", "arguments", "variant"}:
        raise CatalogError(f"{where}: what is {sorted(rest)}?")
    given: Table = dict(table.get("arguments", {}))
    given |= {name: x for name, x in file.get("common", {}).items() if name not in given}
    names = list(given)
    positional = names.index("*") if "*" in given else len(names)
    arguments = tuple(_argument(name, x, where) for name, x in given.items() if name != "*")
    shared = {"library": file["library"], "version": file["version"], "backend": backend}
    shared |= {"name": table["name"], "positional": positional}
    yield Face(flags={}, arguments=arguments, **shared, **_own(table, where))
    for variant in table.get("variant", []):
        if rest := set(variant) - _KEYS - {"flags", "arguments"}:
            raise CatalogError(f"{where}: what is {sorted(rest)}?")
        flags = {name: _value(x, where) for name, x in variant["flags"].items()}
        if unknown := {name for name, x in flags.items() if not _is_flag(name, x, arguments)}:
            raise CatalogError(f"{where}: {sorted(unknown)} is no flag")
        other = {name: _argument(name, x, where) for name, x in variant.get("arguments", {}).items()}
        if unknown := set(other) - {a.name for a in arguments} | set(other) & set(flags):
            raise CatalogError(f"{where}: {sorted(unknown)} is no other argument of a variant")
        own = _own(table | variant, where)
        found = tuple(_flagged(other.get(a.name, a), flags) for a in arguments)
        yield Face(flags=flags, arguments=found, **shared, **own)


def _own(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the fields of a face that stand in a table under their own names."""
    found = {key: table[key] for key in _KEYS if key in table}
    if "entry" not in found:
        raise CatalogError(f"{where}: there is no entry")
    if found.get("counts", "parameter") not in _COUNTS:
        raise CatalogError(f"{where}: counts is one of {', '.join(_COUNTS)}")
    for key in {"ranks", "detached"} & set(found):
        found[key] = tuple(found[key])
    if "groups" in found:
        found["groups"] = tuple(map(tuple, found["groups"]))
    if "keys" in found:
        found["keys"] = {key: tuple(_value(x, where) for x in off) for key, off in found["keys"].items()}
    if "saved" in found:
        said = dict(found["saved"])
        for key in {"group", "written"} & set(said):
            said[key] = {name: _value(x, where) for name, x in said[key].items()}
        found["saved"] = saved_of(said, where)
    return found


def _argument(name: str, table: Table, where: str) -> Argument:
    uses = [key for key in ("rate", "setting", "settings", "only", "option") if key in table]
    rest = set(table) - {"rate", "setting", "settings", "only", "option", "default", "none"}
    rest -= {"names"} if uses == ["only"] else set()
    if len(uses) > 1 or rest:
        raise CatalogError(f"{where}: the argument '{name}' says too much: {sorted([*uses, *rest])}")
    use = uses[0] if uses else "setting"
    if use == "only":
        only = tuple(_value(x, where) for x in table["only"])
        return Argument(name, Use.ONLY, only[0], only=only, names=table.get("names", ""))
    required, default = "default" not in table, _value(table.get("default", "None"), where)
    if use in ("rate", "option"):
        return Argument(name, Use(use), default, required, none=table.get("none"))
    settings = tuple(table.get("settings", (table.get("setting", name),)))
    return Argument(name, Use.SETTINGS, default, required, settings, table.get("none"))


def _is_flag(name: str, value: Default, arguments: tuple[Argument, ...]) -> bool:
    uses = {a.name: a.use for a in arguments}
    return uses.get(name) is Use.ONLY or (uses.get(name) is Use.SETTINGS and isinstance(value, str))


def _flagged(argument: Argument, flags: Mapping[str, Default]) -> Argument:
    """Return an argument of a variant: a flag has the one value that selects it."""
    if argument.name not in flags:
        return argument
    value = flags[argument.name]
    return Argument(argument.name, Use.ONLY, value, only=(value,))


def _value(value: Any, where: str) -> Default:
    """Return the Python value of what a table says."""
    if isinstance(value, list):
        return tuple(_value(x, where) for x in value)  # type: ignore[misc]
    if not isinstance(value, str):
        assert isinstance(value, bool | int | float)
        return value
    if value == "None":
        return None
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1]
    raise CatalogError(f"{where}: {value!r} is no literal; a text has quotes of its own")
