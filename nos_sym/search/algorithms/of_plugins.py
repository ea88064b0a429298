"""An algorithm of a plug-in, held to the contract of ask and tell."""

from __future__ import annotations

from typing import Any

from nos_sym import plugins
from nos_sym.errors import described
from nos_sym.search.algorithm_plugins import load
from nos_sym.search.algorithms.proposing import Proposer
from nos_sym.search.candidates import Candidate, Result
from nos_sym.search.listener import Listener
from nos_sym.search.settings import SearchSettings
from nos_sym.search.slots import Slot


class PluginAlgorithm:
    """Asks and tells an algorithm of a plug-in; what it does wrong is an error with the name of the package.

    Args:
        found: the plug-in.
        settings: settings of the search.
        proposer: draws the candidates.
        listener: is called on progress.

    Raises:
        PluginError: the algorithm cannot be made.
    """

    def __init__(
        self, found: plugins.Named, settings: SearchSettings, proposer: Proposer, listener: Listener
    ) -> None:
        self._who = found.who
        own = load(found)
        with plugins.fails_as(self._who):
            self._algorithm: Any = own(settings, proposer, listener)
        self._asked: set[Slot] = set()

    def ask(self) -> list[Candidate]:
        """Return what the algorithm asks for, as :class:`SearchAlgorithm` does.

        Raises:
            PluginError: it fails, or returns other than candidates in slots of their own.
        """
        with plugins.fails_as(self._who):
            candidates = self._algorithm.ask()
        if not isinstance(candidates, list | tuple):
            raise plugins.PluginError(f"{self._who}: 'ask' returned {described(candidates)}; expected a list")
        for candidate in candidates:
            if not isinstance(candidate, Candidate):
                raise plugins.PluginError(
                    f"{self._who}: 'ask' returned {described(candidate)}; expected a Candidate"
                )
            if candidate.slot in self._asked:
                raise plugins.PluginError(
                    f"{self._who}: 'ask' returned '{candidate.slot}' twice; expected different slots"
                )
            self._asked.add(candidate.slot)
        return list(candidates)

    def tell(self, result: Result) -> None:
        """Tell the algorithm a result.

        Raises:
            PluginError: it fails.
        """
        with plugins.fails_as(self._who):
            self._algorithm.tell(result)
