"""The folder of a pipeline: its store, its record, the results, and the document with tables and figures."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nos_sym.cli.failures import InputError, WriteError
from nos_sym.cli.output import json_text, write_file
from nos_sym.cli.paper_folder import compile_paper, expect_ours, held, write_paper
from nos_sym.errors import quoted_path

if TYPE_CHECKING:
    from nos_sym.pipeline.record import Record
    from nos_sym.pipeline.stage import Stage
    from nos_sym.report.paper.pieces import Made, Piece

RECORD, STORE, RESULTS = "pipeline.json", "pipeline.db", "results.json"


class PipelineFolder:
    """Reads and writes the files of a folder; an :class:`~nos_sym.pipeline.stage.Output`.

    Attributes:
        folder: its path.
        store: path of its store.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / STORE

    def read(self) -> Record | None:
        """Return what the folder says of its pipeline; ``None`` where it has none.

        Raises:
            InputError: the file cannot be read.
            PipelineError: it is not of a pipeline.
        """
        from nos_sym.pipeline.record import read_record

        path = self.folder / RECORD
        try:
            text = path.read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise InputError(f"cannot read {quoted_path(path)}: {reason}") from None
        return read_record(text, path)

    def record_of(self, stages: Sequence[Stage], before: Record | None) -> Record:
        """Return the record of stages, which go on with what the folder had of them.

        Raises:
            PipelineError: a stage that has begun has another setting.
        """
        from nos_sym.pipeline.record import Record

        # Without its store nothing is done, whatever the record says.
        if before is None or not self.store.exists():
            return Record(tuple(stages))
        before.expect_same(stages)
        return before.with_stages(stages)

    def _expect_ours(self, before: Record | None) -> None:
        """Refuse a folder with files of these names that were not made here.

        Raises:
            InputError: it has one.
        """
        expect_ours(self.folder, [])
        for name in (STORE, RESULTS):
            path = self.folder / name
            if before is None and path.exists():
                raise InputError(
                    f"{quoted_path(path)} is there and was not made by 'nos-sym pipeline'; choose another "
                    "folder"
                )

    @contextlib.contextmanager
    def held(self, before: Record | None, record: Record) -> Iterator[None]:
        """Make the folder, let nobody else write there meanwhile, and keep the record.

        Raises:
            InputError: it is no folder, or has files that were not made here.
            WriteError: it cannot be written, or another command writes there.
        """
        new = not self.folder.exists()
        if not new and not self.folder.is_dir():
            raise InputError(f"{quoted_path(self.folder)} is no folder; expected one, or a name that is free")
        with held(self.folder):
            try:
                now = self.read()
                if (before is None) != (now is None) or (
                    before is not None and now is not None and before.to_json() != now.to_json()
                ):
                    raise WriteError(
                        f"another 'nos-sym pipeline' has written to {quoted_path(self.folder)} meanwhile; "
                        "try again"
                    )
                self._expect_ours(before)
                self.keep(record)
            except BaseException:
                if new:
                    with contextlib.suppress(OSError):
                        self.folder.rmdir()
                raise
            yield

    def keep(self, record: Record) -> None:
        """Write the record."""
        write_file(self.folder / RECORD, json_text(record.to_json()) + "\n")

    def results(self, data: Mapping[str, Any]) -> None:
        """Write the results of the transfer experiments."""
        write_file(self.folder / RESULTS, json_text(data) + "\n")

    def document(
        self, made: Sequence[tuple[Piece, Made]], left_out: Sequence[Mapping[str, str]]
    ) -> dict[str, Any]:
        """Write tables, figures and the document, compile it, and return what there is."""
        written = write_paper(self.folder, list(made))
        pdf = compile_paper(self.folder, written)
        return {
            "files": [piece.file for piece, _ in made],
            "left_out": [dict(row) for row in left_out],
            "pdf": pdf,
        }
