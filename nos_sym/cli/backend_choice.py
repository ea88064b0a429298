"""The option type of backends: the project's own, and those of plug-ins where another name is given."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem

from nos_sym.cli.choices import BACKENDS


class BackendChoice(click.Choice[str]):
    """A choice of :data:`~nos_sym.cli.choices.BACKENDS`, and where none is meant of what plug-ins add."""

    def __init__(self) -> None:
        super().__init__(BACKENDS)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """Return the backends that begin with what was typed; those of plug-ins where no other does."""
        found = super().shell_complete(ctx, param, incomplete)
        if found:
            return found
        from nos_sym import plugins

        return [CompletionItem(name) for name in plugins.backend_names() if name.startswith(incomplete)]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name of a backend, or fail with the names that there are."""
        if value in BACKENDS:
            return str(value)
        from nos_sym import plugins

        self.choices = (*BACKENDS, *plugins.backend_names())
        return super().convert(value, param, ctx)
