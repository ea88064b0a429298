"""What there is to train on, for lists."""

from __future__ import annotations

from nos_sym import plugins
from nos_sym.surrogate.tasks.kinds import IMAGES, TASKS, load_task, of_plugins, settings_of


def records() -> list[dict[str, str]]:
    """Return name, title and package of every task.

    Raises:
        PluginError: a plug-in cannot be imported, or what it gives is no task.
    """
    own = {"group": "nos-sym", "name": IMAGES, "title": "the ConvNet of the paper on images", "source": ""}
    found = [own]
    for name in TASKS:
        found.append({"group": "nos-sym", "name": name, "title": load_task(name).title, "source": ""})
    for name, named in of_plugins().items():
        settings_of(name)
        task = load_task(name)
        with plugins.fails_as(named.who):
            title = str(getattr(task, "title", ""))
        found.append({"group": "other packages", "name": name, "title": title, "source": named.package})
    return found
