"""Event files, which TensorBoard shows: a folder a run, in it one for each particle.

What an earlier part of the run has written is read, so that one that goes on adds what is missing and nothing
twice. A file is open only while something is written: a search may have more particles than a process files.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nos_sym.search.tracking.writer import Best, Flat, TrackedRun

VERSION = "brain.Event:2"
"""What the first event of a file says."""

_LENGTH = struct.Struct("<Q")
_AROUND = 4
"""Bytes of each of the two check sums of a record, that of its length and that of its content."""

SETTINGS_TAG = "_hparams_/session_start_info"
"""The tag under which TensorBoard looks for the settings of a run."""


class EventFiles:
    """Writes the metrics of a run to event files below a folder.

    Args:
        folder: what ``tensorboard --logdir`` is given.

    Attributes:
        place: the folder, for messages.
    """

    def __init__(self, folder: Path) -> None:
        self.place = f"the folder '{folder}' of TensorBoard"
        self._folder = folder
        self._run = folder
        self._series: dict[str, _EventFile] = {}

    def open(self, run: TrackedRun) -> None:
        """Begin a run, or go on with it; its settings are those of TensorBoard's table of hyperparameters."""
        self._run = self._folder / run.name
        rows = "\n".join(f"| {name} | {_cell(value)} |" for name, value in run.settings.items())
        now = time.time()
        whole = self._of("")
        whole.add(SETTINGS_TAG, _settings(run, now), 0, now)
        self.text("settings", f"| setting | value |\n|---|---|\n{rows}", 0, now)

    def scalars(self, series: str, values: Mapping[str, float], step: int, seconds: float) -> None:
        """Take numbers at a step."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        file = self._of(series)
        for name, value in values.items():
            file.add(name, Summary.Value(tag=name, simple_value=value), step, seconds)

    def text(self, name: str, text: str, step: int, seconds: float) -> None:
        """Take a text in Markdown."""
        from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
        from tensorboard.compat.proto.tensor_pb2 import TensorProto
        from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
        from tensorboard.compat.proto.types_pb2 import DT_STRING

        shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
        tensor = TensorProto(
            dtype=DT_STRING, string_val=[text.encode("utf-8", "replace")], tensor_shape=shape
        )
        plugin = SummaryMetadata.PluginData(plugin_name="text")
        value = Summary.Value(tag=name, metadata=SummaryMetadata(plugin_data=plugin), tensor=tensor)
        self._of("").add(name, value, step, seconds)

    def best(self, best: Best) -> None:
        """Take the best optimizer so far, which stands first in the hall of fame, and whose key is a text."""
        text = f"`{best.key}`\n\nfitness {best.fitness!r}\n\n    {best.text}"
        self.text("best", text, self._of("").last, time.time())

    def flush(self) -> None:
        """Write what was taken."""
        for file in self._series.values():
            file.flush()

    def close(self, *, complete: bool) -> None:
        """Write what was taken; these files have no word for the end of a run."""
        del complete
        self.flush()

    def _of(self, series: str) -> _EventFile:
        if series not in self._series:
            self._series[series] = _EventFile(self._run / series if series else self._run)
        return self._series[series]


class _EventFile:
    """Appends events to a file of its own in a folder, those that no file there has."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._known = {
            (value.tag, event.step)
            for path in sorted(folder.glob("*tfevents*"))
            if path.is_file()
            for event in events_of(path)
            for value in event.summary.value
        }
        self.last = max((step for _, step in self._known), default=0)
        self._path = _new_file(folder)
        self._waiting: list[Any] = [_event(time.time(), file_version=VERSION)]

    def add(self, tag: str, value: Any, step: int, seconds: float) -> None:
        """Take a value at a step."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        if (tag, step) not in self._known:
            self._known.add((tag, step))
            self.last = max(self.last, step)
            self._waiting.append(_event(seconds, step=step, summary=Summary(value=[value])))

    def flush(self) -> None:
        """Write what was taken."""
        from tensorboard.summary.writer.record_writer import RecordWriter

        if self._waiting:
            with self._path.open("ab") as file:
                records = RecordWriter(file)
                for event in self._waiting:
                    records.write(event.SerializeToString())
            self._waiting.clear()


def events_of(path: Path) -> Iterator[Any]:
    """Yield the events of a file, up to one that is cut off or damaged, as a killed process leaves it."""
    from google.protobuf.message import DecodeError
    from tensorboard.compat.proto.event_pb2 import Event

    data = path.read_bytes()
    start = 0
    while start + _LENGTH.size + _AROUND <= len(data):
        (length,) = _LENGTH.unpack_from(data, start)
        begin = start + _LENGTH.size + _AROUND
        if begin + length + _AROUND > len(data):
            return
        try:
            yield Event.FromString(data[begin : begin + length])
        except DecodeError:
            return
        start = begin + length + _AROUND


def _event(seconds: float, **what: Any) -> Any:
    from tensorboard.compat.proto.event_pb2 import Event

    return Event(wall_time=seconds, **what)


def _new_file(folder: Path) -> Path:
    """Return a file that nobody else writes; readers take those of a folder in the order of their names."""
    for number in range(10_000):
        name = f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}.{os.getpid()}.{number}"
        try:
            (folder / name).open("xb").close()
        except FileExistsError:
            continue
        return folder / name
    raise FileExistsError(f"no name is left for an event file in '{folder}'")


def _settings(run: TrackedRun, now: float) -> Any:
    """Return the settings as TensorBoard's table of hyperparameters has them."""
    from google.protobuf import struct_pb2
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionStartInfo

    info = SessionStartInfo(group_name=run.name, start_time_secs=now)
    for name, value in run.settings.items():
        info.hparams[name].CopyFrom(_value(struct_pb2, value))
    content = HParamsPluginData(session_start_info=info, version=0).SerializeToString()
    plugin = SummaryMetadata.PluginData(plugin_name="hparams", content=content)
    return Summary.Value(tag=SETTINGS_TAG, metadata=SummaryMetadata(plugin_data=plugin))


def _value(struct_pb2: Any, value: Flat) -> Any:
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    return struct_pb2.Value(number_value=value)


def _cell(value: Flat) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
