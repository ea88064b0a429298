"""What ``nos-sym list`` says of tasks and of search algorithms, those of other packages included."""

from __future__ import annotations

from typing import Any

from nos_sym.cli.choices import ALGORITHMS

_OWN, _ADDED = "nos-sym", "other packages"

COLUMNS = ("name", "title", "source")
"""What is shown of each."""

_TITLES = {
    "particles": "particles that move to the best of their mutations",
    "random": "every candidate is sampled anew",
    "regularized": "a population from which the oldest member is removed",
}


def task_records() -> list[dict[str, Any]]:
    """Return the tasks that a search may train on, with what they measure and where they come from.

    Raises:
        PluginError: a plug-in cannot be imported.
    """
    from nos_sym.search.trainer_kinds import load

    return [dict(record) for record in load("nos_sym.surrogate.tasks.listing:records")()]


def algorithm_records() -> list[dict[str, Any]]:
    """Return the algorithms of a search, and where they come from.

    Raises:
        PluginError: a plug-in cannot be imported.
    """
    from nos_sym import plugins
    from nos_sym.search.algorithm_plugins import load, of_plugins

    own = [{"group": _OWN, "name": name, "title": _TITLES[name], "source": ""} for name in ALGORITHMS]
    added = []
    for found in of_plugins(ALGORITHMS).values():
        with plugins.fails_as(found.who):
            title = getattr(load(found), "title", None) or (load(found).__doc__ or "").partition("\n")[0]
        added.append({"group": _ADDED, "name": found.name, "title": str(title), "source": found.package})
    return [*own, *added]
