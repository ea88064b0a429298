"""The option types of algorithms and tasks: the project's own, and those of plug-ins."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem

from nos_sym.cli.choices import ALGORITHMS, TASKS


class PluginChoice(click.Choice[str]):
    """A choice of names of the project, and where another is given of what plug-ins add.

    Args:
        own: the names of the project.
        group: entry point group of the plug-ins.
    """

    def __init__(self, own: tuple[str, ...], group: str) -> None:
        super().__init__(own)
        self._own = own
        self._group = group

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """Return the names that begin with what was typed, those of plug-ins last."""
        found = super().shell_complete(ctx, param, incomplete)
        return [*found, *(CompletionItem(name) for name in self._added() if name.startswith(incomplete))]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return a name, or fail with those that there are."""
        if value in self._own:
            return str(value)
        self.choices = (*self._own, *self._added())
        return super().convert(value, param, ctx)

    def _added(self) -> tuple[str, ...]:
        from nos_sym import plugins

        return tuple(plugins.named(self._group, self._own))


ALGORITHM = PluginChoice(ALGORITHMS, "nos_sym.algorithms")
"""How candidates are proposed."""

TASK = PluginChoice(TASKS, "nos_sym.tasks")
"""What is trained."""
