"""Calls that may take long, one after the other beside a search, until one fails."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

Call = Callable[[], None]


class Background:
    """Makes calls in their order in a thread of its own, so that a search waits for none of them.

    Args:
        idle: is called when no call waits.

    Attributes:
        failure: what a call raised; none is made after it.
    """

    def __init__(self, idle: Call) -> None:
        self.failure: Exception | None = None
        self._idle = idle
        self._calls: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        # A server that never answers does not keep the process from its end.
        self._thread = threading.Thread(target=self._run, name="nos-sym tracking", daemon=True)
        self._thread.start()

    def call(self, call: Call) -> None:
        """Have something called when all before it is done."""
        if self.failure is None:
            self._calls.put(call)

    def end(self, seconds: float) -> bool:
        """Wait for all calls to be done, but no longer than a time, and return whether they are."""
        self._calls.put(None)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            if self.failure is not None:
                continue
            try:
                call()
                if self._calls.empty():
                    self._idle()
            except Exception as error:  # whatever a server or a disk does, the search goes on
                self.failure = error
