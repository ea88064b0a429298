"""How much a process of other people's code may take."""

from __future__ import annotations

from dataclasses import asdict, dataclass

MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may take; past any of these it is ended. 0 is no limit, but of time and of the answer.

    Attributes:
        seconds: on the clock, for everything.
        memory: bytes that all processes of the run hold in memory together.
        address: bytes of addresses of each process; frameworks reserve more than they use.
        processes: at once.
        files: files that a process has open.
        file: bytes of the largest file.
        scratch: bytes of the scratch folder.
        answer: bytes of the answer.
    """

    seconds: float = 120.0
    memory: int = 4096 * MEBIBYTE
    address: int = 24 * 1024 * MEBIBYTE
    processes: int = 48
    files: int = 256
    file: int = 64 * MEBIBYTE
    scratch: int = 256 * MEBIBYTE
    answer: int = 4 * MEBIBYTE

    def to_json(self) -> dict[str, float]:
        """Return the limits as JSON data."""
        return asdict(self)


def set_own(limits: dict[str, float]) -> None:
    """Set those limits of this process and its children that the kernel keeps; none can be raised again."""
    import resource

    # A second more than the clock gives: what runs out of time is ended by the parent, who says so.
    seconds = int(limits["seconds"]) + 1
    for name, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, int(limits["address"])),
        (resource.RLIMIT_FSIZE, int(limits["file"])),
        (resource.RLIMIT_NOFILE, int(limits["files"])),
        (resource.RLIMIT_CORE, 0),
    ):
        if not most and name != resource.RLIMIT_CORE:
            continue
        hard = resource.getrlimit(name)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(name, (value, value))
