"""Whether answers are right: pairs that a search took for one optimizer, both trained over several seeds.

A search answers a candidate by the training of another where the algebra proves them equal. Both compute
the same numbers but for rounding, and a training can amplify rounding. Here both of each pair are trained by
the protocol of the search with the same seeds; printed are, for each pair, the mean difference of the fitness
with its 95 % interval, and on how many seeds both are exactly equal. Pairs in other words come first, as the
stores have them; pairs of the same text, whose members are trained twice, fill up to the number that is asked
for.

    nos-sym evolve --preset demo --seed 5 --initial Adam --set particles=8 --set time_steps=4 \
        --set mutations=6 --set barriers=true --confirm 0 --store run.db
    python benchmarks/answered_pairs.py run.db --pairs 30 --seeds 5 --work pairs.db \
        -o benchmarks/results/answered-pairs.json

The work store keeps every training; the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nos_sym.language.parser import parse_rule
from nos_sym.search.evidence.evaluating import EvaluationSettings, evaluate
from nos_sym.search.evidence.repeats import Repeated, by_particle
from nos_sym.search.evidence.statistics import mean_interval
from nos_sym.search.executors.choose import open_executor
from nos_sym.search.reports.answers import TEXT, Answer, answers_of
from nos_sym.search.settings import SearchSettings, settings_from_json
from nos_sym.search.store.store import Store


def answered(paths: Iterable[Path]) -> tuple[SearchSettings, list[Answer], int]:
    """Return the settings of the first search of some stores, its pairs, and how many answers there are."""
    settings: SearchSettings | None = None
    pairs: dict[frozenset[str], Answer] = {}
    count = 0
    for path in paths:
        with Store.read(path) as store:
            for run in store.runs():
                if run.kind != "search":
                    continue
                settings = settings or settings_from_json(run.settings)
                for answer in answers_of(store, run):
                    count += 1
                    if answer.original and answer.of_run is not None:
                        pairs.setdefault(frozenset((answer.text, answer.original)), answer)
    if settings is None:
        raise SystemExit("no store has a search")
    found = sorted(pairs.values(), key=lambda answer: answer.reason.level == TEXT)
    return settings, found, count


def compared(answer: Answer, first: Repeated, second: Repeated) -> dict[str, Any]:
    """Return the comparison of a pair: the one that was answered less the one that answered."""
    a, b = first.counted, second.counted
    if a is None or b is None:
        raise SystemExit("a training has no fitness, and the task does not say what chance is")
    differences = [x - y for x, y in zip(a, b, strict=True)]
    interval = mean_interval(differences)
    return {
        "text": answer.text,
        "original": answer.original,
        "level": answer.reason.level,
        "by": [by.partition(":")[0] for by in answer.reason.by],
        "difference": asdict(interval),
        "equal_seeds": sum(x == y for x, y in zip(first.scores, second.scores, strict=True)),
        "scores": [list(first.scores), list(second.scores)],
    }


def train(settings: EvaluationSettings, work: Path, workers: int) -> tuple[Repeated, ...]:
    """Train all optimizers, or go on with it."""
    done, total = 0, len(settings.rules) * settings.repeats

    def told(result: object) -> None:
        nonlocal done
        done += 1
        if done % 10 == 0:
            print(f"{done} of {total} trainings", flush=True)

    with Store.open(work) as store, open_executor("processes", workers, 1, None, None) as executor:
        return evaluate(settings, store, executor=executor, resume=True, told=told)[1].rows


def finished(work: Path, count: int, seeds: int) -> dict[int, Repeated]:
    """Return the optimizers of the last evaluation in the work store whose trainings are all there."""
    with Store.read(work) as store:
        run = [run for run in store.runs() if run.kind == "evaluation"][-1]
        rows = list(store.scores(run.id))
    scores = by_particle((e.particle or 0, e.child or 0, e.fitness) for e in rows)
    texts = {e.particle or 0: e.text for e in rows}
    return {n: Repeated(texts[n], s, 0.1) for n, s in scores.items() if n < count and len(s) == seeds}


def report(rows: Sequence[dict[str, Any]], seeds: int) -> dict[str, Any]:
    """Print the pairs, and return what all of them come to."""
    for row in rows:
        d = row["difference"]
        same = (
            "exactly equal"
            if row["equal_seeds"] == seeds
            else f"equal on {row['equal_seeds']} of {seeds} seeds"
        )
        low, high = d["low"] or 0.0, d["high"] or 0.0
        print(f"{d['mean']:+.4f} ({low:+.4f} to {high:+.4f})  {same:>22}  {row['level']:>8}  {row['text']}")
    others = [row for row in rows if row["level"] != TEXT]
    means = [row["difference"]["mean"] for row in others]
    spread = [
        statistics.stdev(one) for row in others for one in row["scores"] if None not in one and seeds > 1
    ]
    total: dict[str, Any] = {
        "pairs": len(rows),
        "of_the_same_text": len(rows) - len(others),
        "exactly_equal": sum(row["equal_seeds"] == seeds for row in rows),
        "exactly_equal_in_other_words": sum(row["equal_seeds"] == seeds for row in others),
        "intervals_without_zero": sum(
            row["difference"]["low"] is not None
            and not row["difference"]["low"] <= 0 <= row["difference"]["high"]
            for row in rows
        ),
        "mean_of_other_words": asdict(mean_interval(means)) if means else None,
        "largest_of_other_words": max(map(abs, means), default=None),
        "deviation_over_seeds": statistics.fmean(spread) if spread else None,
    }
    print(json.dumps(total, indent=1))
    return total


def main() -> None:
    """Train the pairs and write what they come to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("stores", nargs="+", type=Path)
    parser.add_argument("--pairs", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--finished", action="store_true", help="train nothing; report pairs that are done")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    search, found, count = answered(arguments.stores)
    pairs = found[: arguments.pairs]
    texts = list(dict.fromkeys(text for pair in pairs for text in (pair.text, pair.original)))
    copies = [pair.text for pair in pairs if pair.reason.level == TEXT]
    rules = tuple(parse_rule(text) for text in (*texts, *copies))
    settings = EvaluationSettings(rules, search.training, arguments.seeds, 0, search.trainer)
    trained = finished(arguments.work, len(rules), arguments.seeds) if arguments.finished else {}
    if not arguments.finished:
        trained = dict(enumerate(train(settings, arguments.work, arguments.workers)))
    of_text = {text: trained.get(number) for number, text in enumerate(texts)}
    again = {text: trained.get(len(texts) + number) for number, text in enumerate(copies)}
    rows = []
    for pair in pairs:
        first = of_text[pair.text]
        second = again[pair.text] if pair.reason.level == TEXT else of_text[pair.original]
        if first is not None and second is not None:
            rows.append(compared(pair, first, second))
    total = report(rows, arguments.seeds)
    if arguments.output is not None:
        data = {
            "task": search.training.task_key(),
            "answers": count,
            "different_pairs": len(found),
            "asked_for": arguments.pairs,
            "seeds": arguments.seeds,
            "all": total,
            "pairs": rows,
        }
        arguments.output.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
