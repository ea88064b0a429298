"""Trainings of several processes on one GPU at the same time, by NVIDIA's Multi-Process Service.

Without it a GPU works for one process at a time and changes between them; with it kernels of several run side
by side, which is what small networks need. A service that runs already, as on clusters, is used as it is;
else one is started for the workers where its control program is there, with a folder of its own, and ended
with them (*Multi-Process Service*, NVIDIA's documentation, on ``CUDA_MPS_PIPE_DIRECTORY``).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

CONTROL = "nvidia-cuda-mps-control"
"""The program that starts the service, ends it and answers for it."""

_PIPES, _LOGS = "CUDA_MPS_PIPE_DIRECTORY", "CUDA_MPS_LOG_DIRECTORY"
_DEFAULT_PIPES = Path("/tmp/nvidia-mps")  # noqa: S108 - the place that NVIDIA's service has by default
_PATIENCE = 20.0
"""Seconds in which the control program has to answer."""


class Sharing:
    """How processes share their GPUs; a context manager.

    Attributes:
        way: ``service of the machine``, ``own service``, or ``turns`` where there is no service.
        variables: environment variables of the processes.
    """

    def __init__(self) -> None:
        self.way = "turns"
        self.variables: dict[str, str] = {}
        self._folder: str | None = None
        if is_running():
            self.way = "service of the machine"
        elif shutil.which(CONTROL) is not None:
            self._start()

    def close(self) -> None:
        """End the service if it was started here."""
        if self._folder is None:
            return
        if self.way == "own service":
            _control(self.variables, "quit\n")
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder, self.way, self.variables = None, "turns", {}

    def __enter__(self) -> Sharing:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _start(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="nos-sym-mps-")
        variables = {_PIPES: f"{self._folder}/pipes", _LOGS: f"{self._folder}/logs"}
        for place in variables.values():
            Path(place).mkdir()
        if _control(variables, None):
            self.way, self.variables = "own service", variables
        else:
            # Not allowed here, or another one holds the GPUs: they take turns.
            self.close()


def is_running() -> bool:
    """Return whether a service runs that processes of this environment would use."""
    place = Path(os.environ.get(_PIPES) or _DEFAULT_PIPES)
    return shutil.which(CONTROL) is not None and place.is_dir() and _control({}, "get_server_list\n")


def _control(variables: dict[str, str], command: str | None) -> bool:
    """Give a command to the service, or start it with ``None``; return whether that went well."""
    environment = {**os.environ, **variables}
    if command is None:
        # Its clients name the GPUs that they use, as they do without it.
        environment.pop("CUDA_VISIBLE_DEVICES", None)
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program with fixed arguments
            [CONTROL, *(["-d"] if command is None else [])],
            input=command or "",
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
