"""Compiled templates, kept beside them as Python keeps compiled modules.

The code of each lies in ``__pycache__`` of its folder, or where ``PYTHONPYCACHEPREFIX``
says; ``PYTHONDONTWRITEBYTECODE`` keeps Python from writing this too. The code is taken only where it was
made from the very text, by this Jinja and this Python; where it cannot be written, templates are compiled
anew in each process. Who can write to the folder can change the templates as well: nothing is trusted that
was not before.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import sys
from hashlib import sha256
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket, BytecodeCache

_DIGEST = 32
"""Bytes of a digest, with which a file begins: of the text's checksum and of the code behind it."""


class TemplateCode(BytecodeCache):
    """The compiled templates of an environment; a template without a path in the file system is not kept."""

    def __init__(self, options: object) -> None:
        """Make one for the options of the environment, which say with the text what the code is."""
        self._made_by = f"{jinja2.__version__} {MAGIC_NUMBER.hex()} {options!r}\n"

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """Return the path of the code, or nothing where there can be none."""
        try:
            return cache_from_source(f"{filename}.py") if filename else ""  # apart from that of any module
        except NotImplementedError:  # an interpreter that keeps no code
            return ""

    def get_source_checksum(self, source: str) -> str:
        """Return a checksum of the text and of what compiles it."""
        return sha256((self._made_by + source).encode()).hexdigest()

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template its code, where it is there and whole."""
        try:
            found = Path(bucket.key).read_bytes()
            if found[:_DIGEST] == _digest(bucket, found[_DIGEST:]):
                bucket.code = marshal.loads(found[_DIGEST:])  # noqa: S302 - as trusted as the template itself
        except (OSError, EOFError, ValueError, TypeError):
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template, whole or not at all."""
        if not bucket.key or sys.dont_write_bytecode:
            return
        target = Path(bucket.key)
        part = target.with_name(f"{target.name}.{os.getpid()}")
        content = marshal.dumps(bucket.code)
        with contextlib.suppress(OSError):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with part.open("xb") as file:
                    file.write(_digest(bucket, content) + content)
                part.replace(target)
            except BaseException:
                part.unlink(missing_ok=True)
                raise


def _digest(bucket: Bucket, code: bytes) -> bytes:
    return sha256(bucket.checksum.encode() + code).digest()
