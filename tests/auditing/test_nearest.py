"""The nearest entries of the catalog, and the trajectories that are kept of it."""

from __future__ import annotations

import json

import pytest

from nos_sym import catalog
from nos_sym.auditing import nearest as module
from nos_sym.auditing import trajectories
from nos_sym.auditing.nearest import nearest

SOME = ("SGD", "SGDTorch", "SGDKeras", "SGDMomentum", "AdamTorch", "Lion")


@pytest.fixture
def some(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have six entries be the catalog, so that this takes a second."""
    kept = {name: row for name, row in trajectories.catalog_trajectories().items() if name in SOME}
    assert len(kept) == len(SOME)
    monkeypatch.setattr(module, "catalog_trajectories", lambda: kept)
    keys = module.catalog_keys()["exact"]
    own = {key: [n for n in names if n in SOME] for key, names in keys.items()}
    monkeypatch.setattr(module, "catalog_keys", lambda: {"exact": own})


@pytest.mark.usefixtures("some")
def test_equal_entries_come_first_then_the_nearest() -> None:
    rule = "Mine(momentum=0.9) = { state v; v <- momentum * v + g; w <- w - lr * v }"
    found = nearest(rule, 2)
    assert [audit.second.name for audit in found.equal] == ["SGDTorch"]  # whose own momentum is 0
    assert found.equal[0].agreement is not None
    assert len(found.near) == 2
    assert found.near[0].second.name == "SGDMomentum"  # whose rate is inside the average
    assert list(found.distances) == sorted(found.distances)
    assert not {"SGDTorch"} & {audit.second.name for audit in found.near}
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["equal"][0]["libraries"]
    assert "SGDTorch (torch.optim.SGD)" in str(found)
    assert "`SGDTorch`" in found.markdown()


@pytest.mark.usefixtures("some")
def test_an_entry_is_not_its_own_neighbor() -> None:
    found = nearest("torch.optim.SGD", 1)
    assert [audit.second.name for audit in found.equal] == ["SGD"] or "SGDKeras" in str(found)
    assert "SGDTorch" not in [audit.second.name for audit in (*found.equal, *found.near)]


def test_kept_trajectories_are_those_of_the_catalog() -> None:
    text = trajectories._file_text()
    assert json.loads(text)["catalog"] == trajectories.digest_of_catalog(), "run 'make generated'"
    rows = trajectories.rows_of(["SGD", "AdamTorch"])
    kept = json.loads(text)["rows"]
    for name, row in rows.items():
        assert kept[name] == pytest.approx(row, rel=1e-5, abs=1e-12)


def test_a_file_of_another_catalog_is_not_used() -> None:
    assert trajectories._kept('{"catalog": "other", "rows": {}}') is None
    assert trajectories._kept("") is None
    assert trajectories._kept("[1]") is None


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_all_kept_trajectories() -> None:
    kept = trajectories._kept(trajectories._file_text())
    assert kept is not None
    rows = trajectories.rows_of(catalog.names())
    assert rows.keys() == kept.keys()
    for name, row in rows.items():
        assert kept[name] == pytest.approx(row, rel=1e-4, abs=1e-9), name
