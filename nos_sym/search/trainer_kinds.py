"""The trainers that settings can name: those of the package, and any class as ``module:Class``.

Their modules import a framework each, so they are named here and imported when a search needs them.
"""

from __future__ import annotations

import dataclasses
import importlib
import sys
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from nos_sym.codegen.backend import check_backend
from nos_sym.errors import NosSymError, described, quoted
from nos_sym.search.records import NOWHERE, SettingsError, Text
from nos_sym.search.trainers import Trainer


@dataclass(frozen=True, slots=True)
class TrainerKind:
    """Where the class of a trainer and the class of its settings are, each as ``module:name``."""

    trainer: str
    settings: str


TRAINERS: dict[str, TrainerKind] = {
    "torch": TrainerKind(
        "nos_sym.surrogate.trainer:TorchTrainer", "nos_sym.surrogate.settings:TrainingSettings"
    ),
    "tensorflow": TrainerKind(
        "nos_sym.surrogate.tensorflow_trainer:TensorFlowTrainer",
        "nos_sym.surrogate.settings:TrainingSettings",
    ),
}
"""Trainers by the name that settings use."""


OWN = ":"
"""What the name of a trainer has that is a class of its user."""


def load(path: str) -> Any:
    """Return the object at ``module:name``."""
    module, name = path.split(OWN)
    return attrgetter(name)(importlib.import_module(module))


def load_trainer(name: str) -> Trainer[Any]:
    """Return a trainer by its name.

    Raises:
        SettingsError: there is none of this name, it needs a package that is not installed, or it is a class
            that is no trainer.
    """
    if OWN in name:
        return _own_trainer(name)
    try:
        trainer: Trainer[Any] = load(_kind(name).trainer)()
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"the trainer '{name}' needs the package '{error.name}'; install nos-sym[{name}]"
        ) from None
    return trainer


def settings_class(name: Any, text: Text = NOWHERE) -> Any:
    """Return the class of the settings of a trainer.

    Raises:
        SettingsError: there is no trainer of this name.
    """
    if not isinstance(name, str) or OWN not in name:
        return load(_kind(name, text).settings)
    own = _own_class(name, text)
    found = getattr(own, "settings", None)
    if not (isinstance(found, type) and dataclasses.is_dataclass(found) and hasattr(found, "task_key")):
        raise SettingsError(
            f"{text.place(('trainer',))}{quoted(name)} has no 'settings'; expected a frozen dataclass "
            "with the method 'task_key', the class of its settings"
        )
    return found


def name_of(trainer: Trainer[Any], named: str) -> str:
    """Return how settings name a trainer that was given as an object.

    Args:
        trainer: the trainer.
        named: the name that stands in the settings, which is kept where the trainer has it too.
    """
    path = _path_of(trainer)
    known = [name for name, kind in TRAINERS.items() if kind.trainer == path]
    return named if named == trainer.name else (known or [path])[0]


def task_prefix(trainer: Trainer[Any]) -> str:
    """Return how tasks in a store name a trainer: one of the package by its name, another by its class, too.

    Two classes may have the same name, and their fitness is not comparable.
    """
    path = _path_of(trainer)
    # A class derived from one of the package that keeps its name stands for it, as it does in settings.
    paths = {f"{base.__module__}{OWN}{base.__qualname__}" for base in type(trainer).__mro__}
    known = trainer.name in TRAINERS and TRAINERS[trainer.name].trainer in paths
    return trainer.name if known else f"{trainer.name} ({path})"


def check_name(trainer: Trainer[Any]) -> None:
    """Check that the name of a trainer can stand in a store.

    Raises:
        SettingsError: it is no printable text of one line.
    """
    name: Any = trainer.name
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise SettingsError(
            f"the trainer {quoted(_path_of(trainer), 80)} has the name {described(name)}; expected printable "
            "text of one line"
        )


def _path_of(trainer: Trainer[Any]) -> str:
    return f"{type(trainer).__module__}{OWN}{type(trainer).__qualname__}"


def _kind(name: Any, text: Text = NOWHERE) -> TrainerKind:
    """Return where the trainer of a name is."""
    if not isinstance(name, str) or name not in TRAINERS:
        raise SettingsError(
            f"{text.place(('trainer',))}unknown trainer {name!r}; expected one of {', '.join(TRAINERS)}, "
            "or module:Class"
        )
    return TRAINERS[name]


def _own_trainer(name: str) -> Trainer[Any]:
    own = _own_class(name)
    settings_class(name)
    try:
        trainer: Trainer[Any] = own()
        missing = [part for part in ("name", "backend", "train") if not hasattr(trainer, part)]
        if not missing:
            check_name(trainer)
            check_backend(trainer.backend)
    except NosSymError as error:
        raise SettingsError(f"the trainer {quoted(name)} cannot be used: {error}") from None
    except (Exception, SystemExit) as error:
        raise SettingsError(
            f"the trainer {quoted(name)} cannot be made without arguments: {type(error).__name__}: {error}"
        ) from None
    if missing:
        raise SettingsError(f"{quoted(name)} is no trainer: it has no '{missing[0]}'")
    return trainer


def _own_class(name: str, text: Text = NOWHERE) -> type:
    """Return the class at ``module:Class``; a module may also be a file in the working directory."""
    where = f"{text.place(('trainer',))}the trainer {quoted(name)}"
    module, _, rest = name.partition(OWN)
    if not all(part.isidentifier() for part in [*module.split("."), *rest.split(".")]):
        raise SettingsError(f"{where} is not written as module:Class, as in 'my_trainer:LeastSquares'")
    try:
        _import(module)
        found = load(name)
    except ModuleNotFoundError as error:
        if error.name != module and not module.startswith(f"{error.name}."):
            raise SettingsError(f"{where} needs the package '{error.name}', which is not installed") from None
        raise SettingsError(
            f"{where}: there is no module '{module}', neither installed nor in {quoted(str(Path.cwd()), 200)}"
        ) from None
    except AttributeError as error:
        raise SettingsError(f"{where}: module '{module}' has no '{rest}' ({error})") from None
    except (Exception, SystemExit) as error:
        # A script without 'if __name__ == "__main__":' ends where it is imported.
        raise SettingsError(f"{where} cannot be imported: {type(error).__name__}: {error}") from None
    if not isinstance(found, type):
        raise SettingsError(f"{where} is no class; expected one with 'name', 'backend', 'settings', 'train'")
    return found


def _import(module: str) -> None:
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        here = str(Path.cwd())
        if error.name != module.partition(".")[0] or here in sys.path:
            raise
        # The command has the folder of its script there and not the one that it is called in. It comes last,
        # so that no file there stands for another module. Workers have the path of this process.
        sys.path.append(here)
        importlib.import_module(module)
