"""Runs of MLflow: metrics, settings as parameters, the best optimizer as tags.

A run of a store is found again by its identity, which is a tag of the run there, and a point that it has is
not sent again.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from typing import Any

from nos_sym.search.tracking.writer import Best, Flat, TrackedRun, without_password

EXPERIMENT = "nos-sym"
"""The experiment in which runs are, where ``MLFLOW_EXPERIMENT_NAME`` names no other."""

IDENTITY = "nos_sym.run"
"""The tag of a run that says which run of which store it is."""

_QUIET = {"MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true"}
"""Standard output is for the report."""

_MOST_METRICS, _MOST_PARAMETERS, _LONGEST_PARAMETER, _LONGEST_TAG = 1000, 100, 500, 5000
"""Limits of MLflow: of one request, and of values in characters."""

_OTHER = re.compile(r"[^\w\-. /]", re.ASCII)
"""What names may not hold."""


class MLflowRuns:
    """Writes the metrics of a run to MLflow.

    Args:
        uri: where MLflow keeps runs: the address of a server, ``databricks``, or ``sqlite:///runs.db``.

    Attributes:
        place: the same, for messages.
    """

    def __init__(self, uri: str) -> None:
        self.place = f"MLflow at '{without_password(uri)}'"
        self._uri = uri
        self._client: Any = None
        self._run = ""
        self._known: set[tuple[str, int]] = set()
        self._waiting: list[Any] = []
        self._keeps_texts = True

    def open(self, run: TrackedRun) -> None:
        """Begin a run, or go on with it."""
        for name, value in _QUIET.items():
            os.environ.setdefault(name, value)
        from mlflow import MlflowClient
        from mlflow.entities import Param

        self._client = MlflowClient(tracking_uri=self._uri)
        experiment = self._experiment()
        found = self._client.search_runs([experiment], f"tags.`{IDENTITY}` = '{run.identity}'", max_results=1)
        if found:
            (before,) = found
            self._run = before.info.run_id
            has = before.data.params
            for name in before.data.metrics:
                history = self._client.get_metric_history(self._run, name)
                self._known.update((name, point.step) for point in history)
            self._client.update_run(self._run, status="RUNNING")
        else:
            made = self._client.create_run(experiment, run_name=run.name, tags={IDENTITY: run.identity})
            self._run, has = made.info.run_id, {}
        settings = {_named(name): _parameter(value) for name, value in run.settings.items()}
        missing = [Param(name, value) for name, value in settings.items() if name not in has]
        for i in range(0, len(missing), _MOST_PARAMETERS):
            self._client.log_batch(self._run, params=missing[i : i + _MOST_PARAMETERS])

    def scalars(self, series: str, values: Mapping[str, float], step: int, seconds: float) -> None:
        """Take numbers at a step."""
        from mlflow.entities import Metric

        for name, value in values.items():
            whole = _named(f"{name}/{series}" if series else name)
            if (whole, step) not in self._known:
                self._known.add((whole, step))
                self._waiting.append(Metric(whole, value, int(1000 * seconds), step))
        if len(self._waiting) >= _MOST_METRICS // 2:
            self.flush()

    def text(self, name: str, text: str, step: int, seconds: float) -> None:
        """Keep a text as an artifact, the latest alone; a server that keeps none has the metrics still."""
        del step, seconds
        if not self._keeps_texts:
            return
        try:
            self._client.log_text(self._run, text, f"{name}.md")
        except Exception:  # no store for artifacts, or no right to write there
            self._keeps_texts = False

    def best(self, best: Best) -> None:
        """Take the best optimizer so far, as tags."""
        from mlflow.entities import RunTag

        tags = {"best.fitness": repr(best.fitness), "best.key": best.key, "best.equation": best.text}
        made = [RunTag(name, value[:_LONGEST_TAG]) for name, value in tags.items()]
        self._client.log_batch(self._run, tags=made)

    def flush(self) -> None:
        """Send what was taken."""
        while self._waiting:
            self._client.log_batch(self._run, metrics=self._waiting[:_MOST_METRICS])
            del self._waiting[:_MOST_METRICS]

    def close(self, *, complete: bool) -> None:
        """Send what was taken, and end the run: it is finished, or killed if it can go on."""
        self.flush()
        end = int(1000 * time.time())
        self._client.set_terminated(self._run, "FINISHED" if complete else "KILLED", end)

    def _experiment(self) -> str:
        from mlflow.exceptions import MlflowException

        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or EXPERIMENT
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        try:
            return str(self._client.create_experiment(name))
        except MlflowException:  # another search has made it meanwhile
            found = self._client.get_experiment_by_name(name)
            if found is None:
                raise
            return str(found.experiment_id)


def _named(name: str) -> str:
    return _OTHER.sub("_", name)


def _parameter(value: Flat) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST_PARAMETER else f"{text[: _LONGEST_PARAMETER - 3]}..."
