"""The options of the commands that train: where the metrics of a run go beside its store."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from nos_sym.search.tracking.tracking import Tracking


def tracking_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options ``--tensorboard`` and ``--mlflow`` to a command."""
    command = click.option(
        "--mlflow",
        metavar="URI",
        help="Send metrics to MLflow, as in 'http://localhost:5000'; what trains goes on without it.",
    )(command)
    return click.option(
        "--tensorboard",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Write metrics to a folder for 'tensorboard --logdir DIR'.",
    )(command)


@contextlib.contextmanager
def opened_trackings(
    folder: Path | None, uri: str | None, warn: Callable[[str], None], *, by_part: bool = False
) -> Iterator[list[Tracking]]:
    """Return a listener for each place that was asked for; ``by_part`` is that of the listeners.

    Raises:
        SearchError: a package is missing.
    """
    with contextlib.ExitStack() as stack:
        found = []
        if folder is not None or uri is not None:
            from nos_sym.search.tracking import mlflow, tensorboard

            if folder is not None:
                found.append(tensorboard(folder, warn, by_part=by_part))
            if uri is not None:
                found.append(mlflow(uri, warn, by_part=by_part))
        yield [stack.enter_context(tracking) for tracking in found]
