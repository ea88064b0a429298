"""Training on several processes: sharded weights, tensor parallelism, checkpoints, replicas, shared memory.

Each case of some modules in ``tests/support`` is a test; all run in one start of two processes, since a start
takes longer than the cases. After a case that fails the others do not run.
"""

from __future__ import annotations

import json

import pytest
from support.harness import backends

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

from support.distributed import launch
from support.distributed_files import files, whole_catalog

TWO = {
    "sharded": """
        fully_shard_torch_adam_w fully_shard_opt4 fully_shard_n_adam fully_shard_a5 fully_shard_lamb
        fully_shard_adafactor fully_shard_torch_muon fully_shard_prodigy fully_shard_came
        fully_shard_short_adam_w fully_shard_short_prodigy
        as_torch_does tensor_parallel placements refused late_and_frozen mixed_precision low_precision
        averages scaled a_changed_weight_is_noticed compiled
    """,
    "checkpoint": "of_shards flattened gathered as_torch_does refused",
    "replica": "data_parallel redundancy_optimizer first_fsdp hooks hogwild",
}
FOUR = {"mesh": "sharded_replicas two_axes"}
CATALOG = {"catalog": "every_rule a_first_state_moves_no_weight"}
"""The cases of each module, which are listed here since to import them takes seconds."""


def names(modules: dict[str, str]) -> list[str]:
    return [f"{module}.{name}" for module, listed in modules.items() for name in listed.split()]


@pytest.fixture(scope="module")
def on_two(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what each case for two processes came to."""
    return run(TWO, tmp_path_factory, 2)


@pytest.fixture(scope="module")
def on_four(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what each case for four processes came to."""
    return run(FOUR, tmp_path_factory, 4)


def run(modules: dict[str, str], factory: pytest.TempPathFactory, ranks: int) -> dict[str, str]:
    folder, cache = factory.mktemp("ranks"), factory.getbasetemp() / "cache"
    return launch(tuple(f"{module}_cases" for module in modules), files(), folder, cache, ranks)


@pytest.fixture(scope="module")
def of_catalog(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what each case of the whole catalog came to."""
    folder, cache = tmp_path_factory.mktemp("ranks"), tmp_path_factory.getbasetemp() / "cache"
    texts, listed = whole_catalog()
    (folder / "catalog.json").write_text(json.dumps(listed), encoding="utf-8")
    return launch(("catalog_cases",), texts, folder, cache, seconds=600)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", names(TWO))
def test_two_processes(name: str, on_two: dict[str, str]) -> None:
    assert name in on_two, f"it did not end: {on_two.get('the start')}"
    assert not on_two[name], on_two[name]


@pytest.mark.timeout(300)
def test_every_case_is_listed(on_two: dict[str, str]) -> None:
    assert [*on_two] == names(TWO)


@pytest.mark.heavy
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", names(FOUR))
def test_four_processes(name: str, on_four: dict[str, str]) -> None:
    assert name in on_four, f"it did not end: {on_four.get('the start')}"
    assert not on_four[name], on_four[name]


@pytest.mark.heavy
@pytest.mark.parametrize("name", names(CATALOG))
def test_whole_catalog(name: str, of_catalog: dict[str, str]) -> None:
    assert name in of_catalog, f"it did not end: {of_catalog.get('the start')}"
    assert not of_catalog[name], of_catalog[name]
