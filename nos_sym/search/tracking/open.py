"""The places that metrics can go to; their packages are no part of an installation."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from nos_sym.search.errors import SearchError
from nos_sym.search.tracking.event_files import EventFiles
from nos_sym.search.tracking.mlflow_runs import MLflowRuns
from nos_sym.search.tracking.tracking import Tracking, warn_of

Warn = Callable[[str], None]


def tensorboard(folder: str | Path, warn: Warn = warn_of, *, by_part: bool = False) -> Tracking:
    """Return a listener that writes the metrics of a search to a folder that TensorBoard shows.

    Args:
        folder: what ``tensorboard --logdir`` is given; each run has a folder in it.
        warn: is called with a warning, one line, where it cannot be written; the search goes on.
        by_part: as of :class:`Tracking`.

    Raises:
        SearchError: the package ``tensorboard`` is not installed.
    """
    _expect("tensorboard", "TensorBoard")
    return Tracking(EventFiles(Path(folder)), warn, by_part=by_part)


def mlflow(uri: str, warn: Warn = warn_of, *, by_part: bool = False) -> Tracking:
    """Return a listener that writes the metrics of a search to MLflow.

    The experiment is ``nos-sym``, or what ``MLFLOW_EXPERIMENT_NAME`` says.

    Args:
        uri: where MLflow keeps runs, as ``http://localhost:5000``.
        warn: is called with a warning, one line, where it cannot be written; the search goes on.
        by_part: as of :class:`Tracking`.

    Raises:
        SearchError: neither of the packages ``mlflow-skinny`` and ``mlflow`` is installed.
    """
    _expect("mlflow", "MLflow")
    return Tracking(MLflowRuns(uri), warn, by_part=by_part)


def _expect(package: str, title: str) -> None:
    if find_spec(package) is None:
        raise SearchError(
            f"'--{package}' needs {title}, which is not installed; install it with: "
            f"pip install 'nos-sym[{package}]'"
        )
