"""Sequences that are played: in one go, stopped anywhere and gone on with, and in part."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from support.pipeline_fakes import STAGES, FakeTransfer, trainings
from support.store_fakes import SizedTrainer

from nos_sym.pipeline import document, writing
from nos_sym.pipeline.playing import play
from nos_sym.pipeline.record import Record
from nos_sym.pipeline.sequence import read_sequence
from nos_sym.pipeline.stage import PipelineError, Playing
from nos_sym.report.paper.pieces import Made, Piece
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.executors.protocol import Executor
from nos_sym.search.store.store import Store


class Kept:
    """Keeps what a sequence would write."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def results(self, data: Mapping[str, Any]) -> None:
        self.files["results.json"] = json.dumps(data).encode()

    def document(
        self, made: Sequence[tuple[Piece, Made]], left_out: Sequence[Mapping[str, str]]
    ) -> dict[str, Any]:
        self.files |= {piece.file: part.content for piece, part in made}
        return {"files": [piece.file for piece, _ in made], "left_out": list(left_out), "pdf": None}


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("nos_sym.transfer.running.TransferTorchTrainer", FakeTransfer)
    # What the paper prints is made for 'nos-sym paper', too, and takes ten seconds.
    monkeypatch.setattr(
        writing,
        "pieces_of_paper",
        lambda notation, results: (
            p for p in _PIECES(notation, results) if p.kind == "table" and p.number in (11, 13)
        ),
    )
    for calls in (SizedTrainer.calls, FakeTransfer.calls, SizedTrainer.stop_after):
        calls.clear()
    yield
    SizedTrainer.stop_after.clear()


_PIECES = writing.pieces_of_paper


def executor(threads: int) -> AbstractContextManager[Executor]:
    return InProcess(threads)


def played(
    path: Path, record: Record | None = None, until: str | None = None, table: dict[str, Any] | None = None
) -> tuple[list[dict[str, Any]], Kept, Record]:
    record = record or Record(read_sequence(table or tomllib.loads(STAGES)))
    output = Kept()
    with Store.open(path) as store:
        rows = play(record, Playing(store, executor, output), until=until)
    return rows, output, record


def small() -> dict[str, Any]:
    """Return a sequence without random genomes, which take their time to be written as tables."""
    table = tomllib.loads(STAGES)
    table = {name: table[name] for name in ("search", "elimination", "schedules", "digits", "paper")}
    table["search"] |= {"initial": ["SGD", "Adam"], "mutations": 1, "time_steps": 1}
    for name in ("pool", "second", "final"):
        del table["elimination"][name]
    table["elimination"]["of"] = table["schedules"]["of"] = ["search"]
    table["digits"] |= {"optimizers": ["SGD"], "best": {"elimination": 1, "search": 1}}
    return table


def test_a_sequence_goes_on_where_it_was_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "RUN_FIGURES", {})
    rows, output, record = played(tmp_path / "whole.db", table=small())
    total = trainings()
    assert [row["stage"] for row in rows] == record.begun == record.ended
    by_name = {row["stage"]: row for row in rows}
    assert [row["name"] for row in by_name["digits"]["rows"]] == ["SGD", "elimination-1", "search-1"]
    assert len(by_name["elimination"]["contestants"]) == 3
    # What there is nothing for is said.
    assert not by_name["schedules"]["schedules"]
    left_out = {row["file"] for row in by_name["paper"]["left_out"]}
    assert left_out == {"tables/schedules-found.tex", "figures/schedules-found.pdf"}
    assert b"elimination{-}1" in output.files["tables/table11.tex"]
    assert {"tables/search-found.tex", "tables/elimination-left.tex"} <= output.files.keys()
    stages = stopped_at(tmp_path / "whole.2.db", (1, total // 2, total - 1), small())
    again, files, _ = played(tmp_path / "whole.2.db", stages)
    renamed = {n: content.replace(b"whole.2.db", b"whole.db") for n, content in files.files.items()}
    assert again == rows and renamed == output.files and trainings() == total


def stopped_at(path: Path, after: Sequence[int], table: dict[str, Any]) -> Record:
    """Play a sequence anew until so many trainings are done, once for each number."""
    SizedTrainer.calls.clear()
    FakeTransfer.calls.clear()
    record = Record(read_sequence(table))
    for number in after:
        SizedTrainer.stop_after[:] = [max(number, trainings())]
        with pytest.raises(KeyboardInterrupt):
            played(path, record)
    SizedTrainer.stop_after.clear()
    return record


@pytest.mark.heavy
@pytest.mark.timeout(900)
def test_every_kind_of_stage_is_stopped_and_comes_to_the_same(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    rows, output, _ = played(tmp_path / "whole" / "p.db")
    total = trainings()
    by_name = {row["stage"]: row for row in rows}
    assert by_name["again"]["by"] == "proposal" and len(by_name["again"]["best"]) == 3
    names = [row["name"] for row in by_name["digits"]["rows"]]
    assert names[:3] == ["Adam", "SGD", "again-1"] and names[3].startswith("schedules-LR")
    results = json.loads(output.files["results.json"])
    assert [row["optimizer"] for row in results["results"]] == names
    assert {"tables/again-best.tex", "tables/schedules-found.tex"} <= output.files.keys()
    assert output.files["figures/schedules-found.pdf"].startswith(b"%PDF")
    assert output.files["figures/search-fitness.pdf"].startswith(b"%PDF")
    # In the first search, the other, the eliminations, the second searches, the last trainings, and transfer.
    moments = (0, 3, total // 4, total // 2, total - 18, total - 14, total - 9, total - 2)
    stages = stopped_at(tmp_path / "parts" / "p.db", moments, tomllib.loads(STAGES))
    again, files, _ = played(tmp_path / "parts" / "p.db", stages)
    assert again == rows and files.files == output.files
    # Of a child that is trained several times, a training is lost where it ends between the two.
    assert total <= trainings() <= total + len(moments)
    trained = trainings()
    assert played(tmp_path / "parts" / "p.db", stages)[0] == rows and trainings() == trained


@pytest.mark.heavy
@pytest.mark.timeout(300)
def test_it_ends_with_the_stage_that_is_asked_for_and_picks_by_hand(tmp_path: Path) -> None:
    rows, output, record = played(tmp_path / "p.db", until="elimination")
    assert [row["stage"] for row in rows] == ["search", "other", "elimination"] == record.ended
    assert not output.files
    pool = rows[-1]["pool"]
    table = tomllib.loads(STAGES)
    table["again"]["pick"] = [pool[-1]["name"], pool[0]["name"]]
    # Who is picked may be said when the pool is there.
    stages = read_sequence(table)
    record.expect_same(stages)
    rows, _, record = played(tmp_path / "p.db", record.with_stages(stages), until="again")
    assert (rows[-1]["by"], rows[-1]["picked"]) == ("hand", [pool[0]["name"], pool[-1]["name"]])
    with pytest.raises(PipelineError, match=r"stage 'again' has begun and differs in 'pick'"):
        record.expect_same(read_sequence(tomllib.loads(STAGES)))
    table["again"]["pick"] = ["Opt9"]
    with pytest.raises(PipelineError, match="stage 'again': 'Opt9' is not of the pool"):
        played(tmp_path / "p.db", Record(read_sequence(table)), until="again")
