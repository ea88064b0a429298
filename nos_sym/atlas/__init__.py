"""The atlas: the optimizers of several libraries, read off their code and compared with each other.

Every optimizer of the census is lifted in a process of its own kind, verified against its original, written
in the language, and put beside all others: which are proved to be one, which are near, and at which step
those part.
"""

from __future__ import annotations
