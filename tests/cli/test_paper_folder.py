"""The folder of ``nos-sym paper``: a PDF is of the files beside it or is not there; one writes at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from nos_sym.cli import paper_folder
from nos_sym.cli.failures import WriteError
from nos_sym.cli.paper_folder import PDF, Written, compile_paper, held, write_paper
from nos_sym.report.paper.compiling import CompilingError
from nos_sym.report.paper.pieces import Made, Piece

OLD_PDF = b"%PDF- of an earlier time"


def pieces(*texts: str, found: bool = False) -> list[tuple[Piece, Made]]:
    """Return tables with texts, and with ``found`` one of a store."""
    files = [f"tables/table{number:02}.tex" for number in range(1, len(texts) + 1)]
    made = [(file, text.encode()) for file, text in zip(files, texts, strict=True)]
    made += [("tables/found.tex", b"f")] if found else []
    return [
        (Piece("table", number, "Section", file, lambda: Made(b"")), Made(content))
        for number, (file, content) in enumerate(made, 1)
    ]


def without_tex(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nos_sym.report.paper.compiling.is_there", lambda: False)


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("change", [pieces("a", "c"), pieces("a"), pieces("a", "b", found=True)])
def test_a_pdf_of_other_files_goes(
    change: list[tuple[Piece, Made]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_tex(monkeypatch)
    write_paper(tmp_path, pieces("a", "b"))
    (tmp_path / PDF).write_bytes(OLD_PDF)
    written = write_paper(tmp_path, change)
    assert written.removed == [PDF] and not (tmp_path / PDF).exists()
    assert compile_paper(tmp_path, written) is None


def test_a_pdf_of_the_same_files_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_tex(monkeypatch)
    write_paper(tmp_path, pieces("a", "b"))
    (tmp_path / PDF).write_bytes(OLD_PDF)
    written = write_paper(tmp_path, pieces("a", "b"))
    assert written == Written() and compile_paper(tmp_path, written) == str(tmp_path / PDF)
    assert (tmp_path / PDF).read_bytes() == OLD_PDF


def test_no_pdf_is_left_where_writing_or_compiling_ends_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(source: Path) -> bytes:
        raise CompilingError("no")

    def full(path: Path, content: bytes) -> None:
        raise WriteError("No space left on device")

    monkeypatch.setattr("nos_sym.report.paper.compiling.is_there", lambda: True)
    monkeypatch.setattr("nos_sym.report.paper.compiling.compiled", refused)
    write_paper(tmp_path, pieces("a"))
    (tmp_path / PDF).write_bytes(OLD_PDF)
    with pytest.raises(WriteError, match="no"):
        compile_paper(tmp_path, write_paper(tmp_path, pieces("b")))
    assert not (tmp_path / PDF).exists()
    (tmp_path / PDF).write_bytes(OLD_PDF)
    monkeypatch.setattr(paper_folder, "write_file", full)
    with pytest.raises(WriteError, match="No space"):
        write_paper(tmp_path, pieces("c"))
    assert not (tmp_path / PDF).exists()


def test_a_compiled_pdf_replaces_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nos_sym.report.paper.compiling.is_there", lambda: True)
    monkeypatch.setattr("nos_sym.report.paper.compiling.compiled", lambda source: b"%PDF- new")
    write_paper(tmp_path, pieces("a"))
    (tmp_path / PDF).write_bytes(OLD_PDF)
    written = write_paper(tmp_path, pieces("b"))
    assert compile_paper(tmp_path, written) == str(tmp_path / PDF)
    assert (tmp_path / PDF).read_bytes() == b"%PDF- new" and not written.removed and PDF in written.changed


def test_what_the_document_showed_of_a_store_goes_with_it_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_tex(monkeypatch)
    write_paper(tmp_path, pieces("a", found=True))
    (tmp_path / "tables" / "mine.tex").write_text("mine")
    assert write_paper(tmp_path, pieces("a")).removed == ["tables/found.tex"]
    assert names(tmp_path) == {"paper.tex", "tables/table01.tex", "tables/mine.tex"}


def test_what_a_killed_writer_has_left_goes(tmp_path: Path) -> None:
    left = [".paper.tex.17.part", ".pipeline.json.9999999.part", "tables/.table01.tex.3.part"]
    others = [".paper.tex.part", ".film.mkv.12.part", "paper.tex.12.part", "tables/.x.tex.a.part"]
    (tmp_path / "tables").mkdir()
    for name in (*left, *others):
        (tmp_path / name).touch()
    with held(tmp_path):
        assert [name for name in (*left, *others) if (tmp_path / name).exists()] == others


def test_one_writes_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "paper"
    with held(folder), pytest.raises(WriteError, match="another 'nos-sym paper' or"), held(folder):
        pass
    with held(folder):
        assert not list(folder.iterdir())
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match="cannot write"), held(tmp_path / "file" / "paper"):
        pass
