"""PyTorch: an original that takes a model in the place of parameters, and is given one made of them.

The model has parameters and nothing else. What the original asks of their names is kept, since a parameter
of another name may be stepped otherwise; what it asks of layers has no answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import torch

from nos_sym.errors import quoted
from nos_sym.lift.lifted import Condition, LiftError
from nos_sym.lift.recorder import place

_OF_MODELS = frozenset(
    ("parameters", "named_parameters", "modules", "named_modules", "children", "named_children", "state_dict")
)
_SHOWN = 6


class Names:
    """What an original looked for in the names of parameters."""

    def __init__(self) -> None:
        self.looked_for: dict[str, str] = {}
        self.looked_up = ""

    def note(self, text: object) -> None:
        """Keep what was looked for, and where first."""
        self.looked_for.setdefault(str(text), place())

    def conditions(self) -> tuple[Condition, ...]:
        """Return what a model and its names have to be for a rule to be that of the original."""
        found = [
            Condition("the model has parameters and no layers, and their names are x0, x1 and so on", "")
        ]
        if self.looked_for:
            shown = [quoted(x, 30) for x in [*self.looked_for][:_SHOWN]]
            more = ", ..." if len(self.looked_for) > _SHOWN else ""
            text = f"no name of a parameter has {', '.join(shown)}{more}: such ones may be stepped otherwise"
            found.append(Condition(text, next(iter(self.looked_for.values())), special=True))
        if self.looked_up:
            text = "names of parameters are looked up in tables, which have none of them"
            found.append(Condition(text, self.looked_up, special=True))
        return tuple(found)


class Name(str):
    """A name of a parameter that keeps what it is compared with."""

    names: Names

    def __contains__(self, part: object) -> bool:
        self.names.note(part)
        return isinstance(part, str) and super().__contains__(part)

    def __eq__(self, other: object) -> bool:
        if other is not self:
            self.names.note(other)
        return str.__eq__(self, other) is True

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        self.names.looked_up = self.names.looked_up or place()
        return str.__hash__(self)

    def startswith(self, *given: Any) -> bool:
        """Keep what a name may begin with."""
        self._each(given[0])
        return super().startswith(*given)

    def endswith(self, *given: Any) -> bool:
        """Keep what a name may end with."""
        self._each(given[0])
        return super().endswith(*given)

    def find(self, *given: Any) -> int:
        """Keep what is looked for in a name."""
        self.names.note(given[0])
        return super().find(*given)

    def _changed(self, *_: Any, **__: Any) -> NoReturn:
        raise LiftError(f"{place()} takes the name of a parameter apart; expected a step that does not")

    split = rsplit = partition = rpartition = lower = upper = replace = strip = count = index = _changed

    def _each(self, parts: Any) -> None:
        for part in parts if isinstance(parts, tuple) else (parts,):
            self.names.note(part)


class Model(torch.nn.Module):
    """A model of some parameters.

    Args:
        parameters: of which it is made.
        names: keeps what is asked of theirs.
    """

    def __init__(self, parameters: Sequence[torch.nn.Parameter], names: Names) -> None:
        super().__init__()
        self._own: list[tuple[str, torch.nn.Parameter]] = []
        for index, parameter in enumerate(parameters):
            name = Name(f"x{index}")
            name.names = names
            self._own.append((name, parameter))

    def named_parameters(self, *_: Any, **__: Any) -> Iterator[tuple[str, torch.nn.Parameter]]:
        """Yield the parameters under their names."""
        yield from self._own

    def parameters(self, *_: Any, **__: Any) -> Iterator[torch.nn.Parameter]:
        """Yield the parameters."""
        yield from (parameter for _name, parameter in self._own)

    def _layers(self, *_: Any, **__: Any) -> NoReturn:
        raise LiftError(f"{place()} looks at the layers of a model; expected a step of parameters alone")

    modules = named_modules = children = named_children = state_dict = apply = forward = _layers
    register_forward_hook = register_forward_pre_hook = register_full_backward_hook = _layers


def wants_model(error: AttributeError, given: object) -> bool:
    """Return whether an original failed since it asked a list of parameters for what a model has."""
    return error.obj is given and error.name in _OF_MODELS
