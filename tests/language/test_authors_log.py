"""Log files in the authors' layout: the recording of their own run, our example, and damaged ones."""

from __future__ import annotations

import math
import re
import time
from collections import Counter
from pathlib import Path

import pytest

from nos_sym.errors import NosSymError, SourceError
from nos_sym.language.authors.log import (
    AuthorsLog,
    Choice,
    Evaluation,
    EvaluationKind,
    read_authors_lines,
    read_authors_log,
    read_authors_text,
    read_records,
    skipped_lines,
)
from nos_sym.language.authors.parser import parse_authors
from nos_sym.language.authors.printer import print_authors
from nos_sym.language.parser import parse

RECORDING = "authors_run_first_half.log"


@pytest.fixture(scope="module")
def recording(shared_data: Path) -> Path:
    path = shared_data / RECORDING
    if not path.exists():
        pytest.skip(f"the authors' log is not there: expected ../shared/data/{RECORDING}")
    return path


@pytest.fixture(scope="module")
def log(recording: Path) -> AuthorsLog:
    return read_authors_log(recording)


def test_every_distinct_line_of_the_recording_parses_to_one_meaning(recording: Path) -> None:
    # Found without the reader: what follows the momentum type, without the result behind it.
    tail = re.compile(r"( val:| : val:| : FAILED| : [0-9.]+ - ACCUMULATIVE TIME:).*$")
    lines = re.findall(r"(?:None|Mom|Nest) ~ .*", recording.read_text(encoding="utf-8"))
    texts = {tail.sub("", line) for line in lines}
    assert len(texts) == 1439
    rules = {text: parse_authors(text) for text in texts}
    assert len(set(rules.values())) == 1439
    for text, rule in rules.items():
        assert print_authors(rule) == text
        assert parse(str(rule)) == rule


def test_the_recording_has_1475_evaluations_in_58_6_hours(log: AuthorsLog) -> None:
    counts = Counter(e.kind for e in log.evaluations)
    assert counts == {
        EvaluationKind.INITIAL: 101,
        EvaluationKind.PARTICLE: 27,
        EvaluationKind.CHILD: 1347,
    }
    assert len(log.evaluations) == 1475
    assert log.seconds / 3600 == pytest.approx(58.61000390821, abs=1e-9)
    assert sum(e.accuracy is None for e in log.evaluations) == 494
    assert sum(e.seconds is not None for e in log.evaluations) == 981
    assert log.skipped == ()
    assert all(e.error is None and e.rule is not None for e in log.evaluations)
    assert len({e.text for e in log.evaluations}) == 1439


def test_the_recording_has_25_particles_of_5_time_steps(log: AuthorsLog) -> None:
    assert {e.particle for e in log.evaluations} == {None, *range(1, 26)}
    children = [e for e in log.evaluations if e.kind is EvaluationKind.CHILD]
    assert {(e.particle, e.time_step) for e in children} == {
        (p, s) for p in range(1, 26) for s in range(1, 6)
    }
    assert [(c.particle, c.time_step) for c in log.choices] == [
        (p, s) for p in range(1, 26) for s in range(1, 6)
    ]
    trained = {(e.particle, e.time_step, e.text, e.accuracy) for e in children}
    assert all((c.particle, c.time_step, c.text, c.accuracy) in trained for c in log.choices)
    assert [e.line for e in log.evaluations] == sorted({e.line for e in log.evaluations})


def test_both_readers_agree_on_the_recording(recording: Path, log: AuthorsLog) -> None:
    text = recording.read_text(encoding="utf-8")
    assert [(n.line, n.rule) for n in read_authors_lines(text)] == [(e.line, e.rule) for e in log.evaluations]
    assert len(read_authors_text(text)) == 1439


def test_our_example_is_a_log_of_our_own_printer(repository: Path) -> None:
    log = read_authors_log(repository / "examples" / "authors_syntax.log")
    assert [(e.kind.value, e.particle, e.time_step, e.accuracy) for e in log.evaluations] == [
        ("initial", None, None, 0.7412),
        ("initial", None, None, 0.6934),
        ("particle", 1, None, 0.8094),
        ("child", 1, 1, None),
        ("child", 1, 1, 0.8236),
        ("child", 1, 1, 0.8174),
        ("child", 1, 2, 0.8208),
        ("child", 1, 2, None),
    ]
    assert log.seconds == pytest.approx(949.9)
    assert log.choices[-1].elapsed == 949.9
    assert log.skipped == ()
    for evaluation in log.evaluations:
        assert evaluation.rule is not None
        assert print_authors(evaluation.rule) == evaluation.text
    rules = {e.rule for e in log.evaluations}
    assert len(rules) == 7
    assert parse("none ~ tanh([max(a6, a10)] arcsinh(qhm(0.7)))") in rules


PREFIX = "INFO:root:"


def test_records_hold_what_the_lines_say() -> None:
    lines = [
        f"{PREFIX} MODEL 0/500 -> Val Acc: 0.5, Val Loss: 1.5, Time: 76.5, Fun: None ~ tanh(g)\n",
        "WARNING:tensorflow:Callback method is slow compared to the batch time: 1.0s\n",
        f"{PREFIX} INIT MODEL ARCHITECTURE FAILED...\n",
        f"{PREFIX}INIT PARTICLE 3/50 : Mom ~ g : FAILED\n",
        f"{PREFIX} Depth: 2/5\n",
        f"{PREFIX}    Nest ~ v hat val: 0.75 - Time: 10.25\n",
        f"{PREFIX}    Nest ~ v hot : FAILED\n",
        f"{PREFIX}  Chosen Nest ~ v hat : 0.75 - ACCUMULATIVE TIME: 86.75\n",
        "\n",
        f"{PREFIX}    Nest ~ v ha",
    ]
    first, particle, child, unread, choice, cut = read_records(lines)
    assert first == Evaluation(
        1, EvaluationKind.INITIAL, None, None, "None ~ tanh(g)", parse("none ~ tanh(g)"), None, 0.5, 76.5
    )
    assert particle == Evaluation(
        4, EvaluationKind.PARTICLE, 3, None, "Mom ~ g", parse("momentum ~ g"), None, None, None
    )
    assert child == Evaluation(
        6, EvaluationKind.CHILD, 3, 2, "Nest ~ v hat", parse("nesterov ~ v_hat"), None, 0.75, 10.25
    )
    assert isinstance(unread, Evaluation)
    assert unread.rule is None
    assert unread.text == "Nest ~ v hot"
    assert "unknown name 'v'" in str(unread.error) or "unexpected" in str(unread.error)
    assert choice == Choice(8, 3, 2, "Nest ~ v hat", parse("nesterov ~ v_hat"), 0.75, 86.75)
    assert cut == 10


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_log_that_was_cut_off_anywhere_is_read(repository: Path, tmp_path: Path, cut: int) -> None:
    text = (repository / "examples" / "authors_syntax.log").read_text(encoding="utf-8")
    end = text.index("INFO:root: Depth: 2/2")
    whole = text[:end].rstrip("\n")
    path = tmp_path / "cut.log"
    path.write_text(whole[:-cut], encoding="utf-8")
    log = read_authors_log(path)
    assert len(log.evaluations) == 6
    assert len(log.choices) + len(log.skipped) == 1
    assert len(read_authors_text(whole[:-cut])) == 5


def test_windows_line_ends_and_a_byte_order_mark_are_read(repository: Path, tmp_path: Path) -> None:
    source = repository / "examples" / "authors_syntax.log"
    path = tmp_path / "windows.log"
    text = source.read_text(encoding="utf-8")
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert read_authors_log(path) == read_authors_log(source)
    assert read_authors_lines(text.replace("\n", "\r\n")) == read_authors_lines(text)


def test_plain_lines_are_read() -> None:
    text = "# two rules\n\nNone ~ tanh(g)\n  Mom ~ [a1][v hat]  \nNone ~ tanh(g)\n"
    first, second = parse("none ~ tanh(g)"), parse("momentum ~ [a1] v_hat")
    assert [(n.line, n.rule) for n in read_authors_lines(text)] == [(3, first), (4, second), (5, first)]
    assert [n.line for n in read_authors_lines(text, distinct=True)] == [3, 4]
    assert read_authors_text(text) == [first, second]


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("", 1, 1, "holds no rule"),
        ("\n# nothing\n", 1, 1, "holds no rule"),
        ("INFO:root: Depth: 1/5\n", 1, 1, "holds no rule"),
        ("None ~ tanh(g)\n  foo\n", 2, 3, "a line is no rule"),
        ("None ~ tanh(g)\nMom ~ tanh(q)\n", 2, 12, "unknown name 'q'"),
        ("INFO:root:  \nINFO:root:    Mom ~ tanh(q) : FAILED\n", 2, 26, "unknown name 'q'"),
        ("\0\x01\x02", 1, 1, "a line is no rule"),
        ("x" * 1_000_000, 1, 1, "a line is no rule"),
        ("None ~ " + "(" * 100_000, 1, 460, "nested too deeply"),
        ("None ~ " + "None ~ " * 100_000, 1, 1, "too long"),
        ("None ~ g" + " val: 1 - Time: 1" * 60_000, 1, 1, "too long"),
        ("INFO:root: MODEL " * 60_000, 1, 1, "holds no rule"),
        ("a\n" * 500_000, 1, 1, "a line is no rule"),
    ],
    ids=range(13),
)
def test_bad_text_is_refused_at_its_place(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_authors_lines(text)
    assert message in caught.value.message
    assert (caught.value.line, caught.value.column) == (line, column)
    assert len(str(caught.value)) < 300
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("content", [b"", b"\n\n", bytes(range(256)) * 40, b"x" * 1_000_000, b"None ~ g\n"])
def test_a_file_without_evaluations_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.log"
    path.write_bytes(content)
    with pytest.raises(SourceError, match="holds no evaluation"):
        read_authors_log(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NosSymError, match="cannot read"):
        read_authors_log(tmp_path / "none.log")
    with pytest.raises(NosSymError, match="cannot read"):
        read_authors_log(tmp_path)


RULE_LINE = "None ~ tanh(v hat) val: 0.80 - Time: 196.8"
PREFIXES = [
    "INFO:root:", "INFO:root:    ", "", "2021-05-03 12:00:00,123 INFO:root:",
    "2021-05-03 12:00:00,123 INFO:root: ", "[2021-05-03 12:00:00] INFO:root:", "2021-05-03T12:00:00Z ",
    "12:00:01 ", "[12:00:01] INFO: ",
    "2021-05-03 12:00:00,123 - root - INFO - ", "INFO 2021-05-03 12:00:00 ",
    "INFO | 2021-05-03 12:00:00.5 | ", "05/03/2021 12:00:00 INFO root: ", "INFO - ", "DEBUG:my_logger:",
]  # fmt: skip


@pytest.mark.parametrize("prefix", PREFIXES)
def test_what_logging_puts_before_a_message_is_passed_over(prefix: str, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text(f"INFO:root:{RULE_LINE}\n{prefix}{RULE_LINE}\nINFO:root:{RULE_LINE}\n", encoding="utf-8")
    log = read_authors_log(path)
    assert [(e.line, e.accuracy, e.seconds) for e in log.evaluations] == [(n, 0.8, 196.8) for n in (1, 2, 3)]
    assert log.skipped == ()
    assert [r.line for r in read_authors_lines(path.read_text(encoding="utf-8"))] == [1, 2, 3]


@pytest.mark.parametrize(
    "line",
    [
        f"worker 7 says {RULE_LINE}",
        "3 of 5 MODEL 1/3 -> Val Acc: 0.95, Val Loss: 0.4, Time: 41.5, Fun: Mom ~ sign(g)",
        "I0503 12:00:00.1 99 a.py:3] INIT PARTICLE 1/2 : None ~ tanh(g) : FAILED",
        "INFO:root:MODEL 1/3 -> Val Acc: 0.95, Val Lo",
        "(rank 0) Chosen None ~ tanh(g) : 0.72 - ACCUMULATIVE TIME: 400.0",
        "INFO:root:None ~ tanh(g) val: - Time: 1.0",
    ],
)
def test_a_line_about_a_rule_is_read_or_counted(line: str, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    others = "WARNING:tensorflow:slow\nINFO:root: INIT MODEL ARCHITECTURE FAILED...\n"
    text = f"INFO:root:{RULE_LINE}\n{line}\n{others}"
    path.write_text(text, encoding="utf-8")
    log = read_authors_log(path)
    assert (len(log.evaluations), len(log.choices), log.skipped) == (1, 0, (2,))
    assert skipped_lines(text) == [2]


def test_a_stamp_alone_makes_no_log() -> None:
    with pytest.raises(SourceError, match="a line is no rule") as caught:
        read_authors_lines("None ~ g\n2021-05-03 12:00:00 a note\n")
    assert caught.value.line == 2


def test_no_line_of_the_recording_is_skipped(shared_data: Path) -> None:
    text = (shared_data / "authors_run_first_half.log").read_text(encoding="utf-8")
    assert skipped_lines(text) == list(read_authors_log(shared_data / "authors_run_first_half.log").skipped)
    assert len(skipped_lines(text)) <= 1


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "-nan", "1e999", "-0.5", "2.5"])
def test_an_accuracy_of_any_number_is_an_evaluation(value: str, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    result = f"Val Acc: {value}, Val Loss: {value}, Time: {value}"
    path.write_text(f"INFO:root: MODEL 0/5 -> {result}, Fun: None ~ tanh(g)\n", encoding="utf-8")
    (found,) = read_authors_log(path).evaluations
    assert repr(found.accuracy) == repr(float(value))
    assert found.seconds is None or math.isfinite(found.seconds)


def test_long_lines_are_looked_at_in_linear_time() -> None:
    start = time.process_time()
    for line in ("x None ~ " * 25_000 + "val: x", "1:1:" * 60_000, "INFO " * 50_000, "MODEL 1/" * 30_000):
        assert skipped_lines(f"INFO:root:\n{line}: FAILED val: ") in ([], [2])
    assert time.process_time() - start < 5
