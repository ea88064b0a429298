"""Confirmation of the best, references and claims: seeds, resuming, failures, stores of before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.fake_trainer import FakeTrainer
from support.search_fakes import Shuffled, fake_settings, register, snapshot

from nos_sym import catalog
from nos_sym.algebra.canonical import key_of
from nos_sym.algebra.equivalence import compare
from nos_sym.algebra.verdicts import Equal
from nos_sym.language.parser import parse
from nos_sym.search.evidence.claims import Confirmed, ReferenceRow, claims_of, too_few
from nos_sym.search.evidence.evaluating import EvaluationSettings, evaluate
from nos_sym.search.evidence.references import REFERENCES, trials_of
from nos_sym.search.evidence.repeats import Repeated
from nos_sym.search.evidence.texts import evidence_lines
from nos_sym.search.evolve import evolve, interrupted_settings
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.records import SettingsError
from nos_sym.search.reports.hall_of_fame import describe, hall_of_fame
from nos_sym.search.reports.report import Report
from nos_sym.search.results import Trained
from nos_sym.search.resuming import what_decides
from nos_sym.search.settings import PRESETS, Dedup, preset, settings_from_json, settings_from_table
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.store import Store

register()
CONFIRMED = {"confirm": [3, 6], "references": "tuned"}


def search(path: Path, executor: Any = None, resume: bool = False, **changes: Any) -> Report:
    with Store.open(path) as store:
        settings = fake_settings(**(CONFIRMED | changes))
        return evolve(settings, store, executor=executor or InProcess(), resume=resume)[1]


@pytest.mark.timeout(180)
def test_the_search_itself_is_what_it_is_without_a_confirmation(tmp_path: Path) -> None:
    plain = search(tmp_path / "plain.db", confirm=[0, 0], references="none")
    confirmed = search(tmp_path / "confirmed.db")
    assert plain.evidence is None and confirmed.evidence is not None
    assert [run.kind for run in Store.read(tmp_path / "confirmed.db").runs()] == [
        *("search", "confirmation", "references"),
    ]
    with Store.read(tmp_path / "plain.db") as one, Store.read(tmp_path / "confirmed.db") as other:
        assert snapshot(one, 1) == snapshot(other, 1)
        # The latest task is still that of the search, and later searches are answered by it alone.
        assert hall_of_fame(one).task == hall_of_fame(other).task
        best = hall_of_fame(other, limit=4)
    evidence = confirmed.evidence
    assert [(c.rank, c.first) for c in evidence.confirmed] == [(e.rank, e.fitness) for e in best.entries[:3]]
    for entry, each in zip(best.entries, evidence.confirmed, strict=False):
        [record] = describe([entry])
        assert entry.confirmed is not None and entry.confirmed.scores == each.trained.scores
        assert record["confirmed"] == each.trained.interval.mean
        assert record["shrinkage"] == each.shrinkage == entry.fitness - record["confirmed"]
    assert best.entries[3].confirmed is None and describe(best.entries)[3]["confirmed"] is None
    assert json.loads(json.dumps(confirmed.to_json()))["evidence"] == evidence.to_json()


def test_all_have_the_same_seeds_and_none_is_one_of_the_search(tmp_path: Path) -> None:
    search(tmp_path / "a.db")
    with Store.read(tmp_path / "a.db") as store:
        rows = {kind: [] for kind in ("search", "confirmation", "references")}
        for run in store.runs():
            rows[run.kind] += list(store.evaluations(run.id))
    searched = {e.seed for e in rows["search"]}
    by_repeat = {e.child: e.seed for e in rows["confirmation"]}
    assert len(set(by_repeat.values())) == 6 and not searched & set(by_repeat.values())
    for e in [*rows["confirmation"], *(e for e in rows["references"] if e.stage == "evaluation")]:
        assert e.seed == by_repeat[e.child]
    trials = [e for e in rows["references"] if e.stage == "tuning"]
    # As many trainings as the run, each with a seed of its own, and shared out among the references.
    assert len(trials) == len(rows["search"]) == len({e.seed for e in trials})
    assert all(e.task.endswith(" tuning") for e in trials)


@pytest.mark.parametrize("more", [1, 5, 17, 20, 60])
def test_killed_and_resumed_it_comes_to_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    whole = search(tmp_path / "whole.db")
    with Store.read(tmp_path / "whole.db") as store:
        count = len(list(store.evaluations(1)))
    train, left = FakeTrainer.train, [count + more]

    def stopped(*arguments: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return train(*arguments)

    monkeypatch.setattr(FakeTrainer, "train", stopped)
    with pytest.raises(KeyboardInterrupt):
        search(tmp_path / "cut.db")
    with Store.read(tmp_path / "cut.db") as store:
        assert store.run(1).finished is None
    left[0] = 10_000
    with Store.open(tmp_path / "cut.db") as store:
        settings = interrupted_settings(store)
        _, report = evolve(settings, store, executor=Shuffled(5, 3), resume=True)
    assert report.evidence == whole.evidence
    with Store.read(tmp_path / "cut.db") as one, Store.read(tmp_path / "whole.db") as other:
        assert len(list(one.evaluations())) == len(list(other.evaluations()))


def test_a_finished_run_is_confirmed_later_and_more_of_it(tmp_path: Path) -> None:
    search(tmp_path / "a.db", confirm=[0, 0], references="none")
    first = search(tmp_path / "a.db", resume=True, confirm=[1, 4], references="default").evidence
    more = search(tmp_path / "a.db", resume=True, confirm=[2, 6], references="default").evidence
    with Store.read(tmp_path / "a.db") as store:
        assert [run.kind for run in store.runs()] == ["search", "confirmation", "references"]
        # What was trained is not trained again.
        assert len(list(store.evaluations(2))) == 12 and len(list(store.evaluations(3))) == 24
    assert more.confirmed[0].trained.scores[:4] == first.confirmed[0].trained.scores


def test_a_later_search_finds_the_references(tmp_path: Path) -> None:
    search(tmp_path / "a.db")
    with Store.read(tmp_path / "a.db") as store:
        before = len(list(store.evaluations(3)))
    other = search(tmp_path / "a.db", seed=5, references="default")
    with Store.read(tmp_path / "a.db") as store:
        assert [run.kind for run in store.runs()].count("references") == 1
        assert len(list(store.evaluations(3))) == before
    assert len(other.evidence.references) == 4


def test_failed_trainings_count_as_chance_or_nothing_is_said() -> None:
    good = Confirmed(1, "child 0.0.0.0", 0.95, Repeated("a", (0.9,) * 6, 0.1))
    shaky = Confirmed(2, "child 0.0.0.1", 0.97, Repeated("b", (0.9, None, 0.9, 0.9, 0.9, 0.9), 0.1))
    adam = ReferenceRow("default", 0, Repeated("c", (0.8,) * 6, 0.1, "Adam"))
    assert shaky.trained.failed == 1 and shaky.trained.interval.mean == pytest.approx(4.6 / 6)
    claims = claims_of([good, shaky], [adam])
    assert [c.holds for c in claims] == [True, False]
    unknown = Repeated("b", (0.9, None), None)
    assert unknown.counted is None and unknown.interval is None
    assert claims_of([Confirmed(1, "s", 0.9, unknown)], [adam]) == ()
    # A reference that always fails where chance is unknown is no reference.
    assert claims_of([good], [ReferenceRow("default", 0, Repeated("c", (None,) * 6, None, "Adam"))]) == ()


class Biased(FakeTrainer):
    """Raises for what decays weights; that is no decision about the optimizer."""

    def train(self, source: Path, class_name: str, settings: Any, seed: int) -> Trained:
        if "+ 0.01 * w" in source.read_text(encoding="utf-8"):
            raise ZeroDivisionError("a bug of the trainer")
        return super().train(source, class_name, settings, seed)


def test_nothing_is_better_than_a_reference_whose_trainings_failed(tmp_path: Path) -> None:
    few = {"algorithm": "random", "evaluations": 6}
    for resumed in (False, True):
        with Store.open(tmp_path / "a.db") as store:
            settings = fake_settings(confirm=[1, 2], references="default", **few)
            evidence = evolve(settings, store, executor=InProcess(), trainer=Biased(), resume=resumed)[
                1
            ].evidence
        failed = {row.trained.name: row.trained.undecided for row in evidence.references}
        assert failed == {"Adam": 0, "AdamW": 2, "SGD with momentum": 0, "Nesterov": 0}
        [line] = [line for line in evidence_lines(evidence) if "compared with AdamW" in line]
        assert "2 of 2 trainings failed" in line
    good = Confirmed(1, "s", 0.95, Repeated("a", (0.9,) * 6, 0.1))
    scores = (0.8, 0.8, None, 0.8, 0.8, 0.8)
    for undecided in (0, 1):
        reference = ReferenceRow("default", 0, Repeated("c", scores, 0.1, "Adam", undecided))
        assert [claim.holds for claim in claims_of([good], [reference])] == [True] * (1 - undecided)


def test_ties_and_few_seeds_show_nothing() -> None:
    same = Confirmed(1, "s", 0.9, Repeated("a", (0.8, 0.9), 0.1))
    adam = ReferenceRow("default", 0, Repeated("c", (0.8, 0.9), 0.1, "Adam"))
    [claim] = claims_of([same], [adam])
    assert claim.p == 1.0 and not claim.holds and claim.difference.mean == 0
    assert too_few([same]) == (
        "2 seeds cannot show that one is better than a reference, whatever the scores; 5 can"
    )
    assert too_few([Confirmed(1, "s", 0.9, Repeated("a", (0.8,) * 5, 0.1))]) == ""


def test_settings_of_before_have_no_confirmation_and_resume() -> None:
    old = json.loads(fake_settings().to_json())
    for name in ("confirm", "references"):
        del old[name]
    settings = settings_from_json(json.dumps(old))
    assert settings.confirm == (0, 0) and what_decides(json.dumps(old)) == what_decides(settings.to_json())
    table = json.loads(preset("demo").to_json())
    assert table["training"].pop("split") == table["initial_training"].pop("split") == "validation"
    assert what_decides(json.dumps(table)) == what_decides(preset("demo").to_json())


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"confirm": [0, 5]}, "'confirm' is [0, 5]; expected how many"),
        ({"confirm": [5]}, "expected a list of 2 values"),
        ({"confirm": [3, 5]}, "'confirm' needs a test part: 'split' is test"),
        ({"references": "all"}, "expected one of none, default, tuned"),
        ({"training": {"data": "synthetic", "split": "test"}}, "what a search chooses by is no test"),
    ],
)
def test_settings_that_cannot_be_confirmed_are_one_line(table: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_from_table(table)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_presets_confirm_with_enough_seeds_and_answer_by_proofs() -> None:
    for name in PRESETS:
        settings = preset(name)
        count, repeats = settings.confirm
        rows = [Confirmed(n, "s", 0.9, Repeated("a", (0.5,) * repeats)) for n in range(count)]
        assert count and not too_few(rows)
        assert settings.dedup is not Dedup.FLOAT32


def test_tuned_references_are_those_of_the_libraries_with_other_settings() -> None:
    fixed = {0.01: "0.1", 1e-4: "0.001", 1e-10: "1e-6", 1e-6: "0.01"}
    texts = [reference.text(lambda low, high: fixed[low]) for reference in REFERENCES]
    decayed = {"weight_decay": "0.01"}
    library = [
        catalog.entry("AdamTorch").with_settings(beta1="0.9", beta2="0.999", eps="1e-6", **decayed),
        None,
        catalog.entry("SGDTorch").with_settings(momentum="0.9", **decayed),
        catalog.entry("SGDNesterovTorch").with_settings(momentum="0.9", **decayed),
    ]
    for text, block in zip(texts, library, strict=True):
        assert block is None or isinstance(compare(parse(text), block), Equal), text
    for number, reference in enumerate(REFERENCES):
        rules = [reference.trial(number, trial) for trial in range(20)]
        assert len({key_of(rule) for rule in rules}) == 20
        assert key_of(rules[0]) == key_of(catalog.entry(reference.entry))
    assert [trials_of(n, 10) for n in range(4)] == [3, 3, 2, 2] and trials_of(3, 0) == 1


def test_given_optimizers_are_trained_with_the_seeds_of_confirmations(tmp_path: Path) -> None:
    rules = (parse("none ~ tanh(g)"), parse("none ~ g"))
    settings = EvaluationSettings(rules, fake_settings().training, 3, 0, "fake")
    with Store.open(tmp_path / "a.db") as store:
        run, found = evaluate(settings, store, executor=InProcess())
        rows = list(store.evaluations(run.id))
        assert len(rows) == 6 and run.kind == "evaluation" and run.finished
        assert {e.seed for e in rows} == {
            Slot(Stage.CONFIRMATION, 7, 0, n).training_seed(0, 0) for n in range(3)
        }
        assert [row.name for row in found.rows] == ["", "SGD"]
        again = evaluate(settings, store, executor=Shuffled(3, 1), resume=True)
        assert again[1] == found and len(list(store.evaluations())) == 6
        with pytest.raises(SettingsError, match="expected 1 to"):
            EvaluationSettings((), fake_settings().training)
