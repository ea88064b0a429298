"""Official archives in a local folder: found, checked by digest, and read member by member in memory."""

from __future__ import annotations

import hashlib
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nos_sym.surrogate.cifar import DataError

_BLOCK = 1 << 20
_LARGEST_MEMBER = 256 * 1024 * 1024
"""Bytes of a member; none of the official ones has as many, a bomb of compression has."""

_BROKEN = (
    tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, KeyError, zlib.error, lzma.LZMAError,
    NotImplementedError, RuntimeError,
)  # fmt: skip
"""What reading a damaged or encrypted archive raises."""


@dataclass(frozen=True, slots=True)
class Archive:
    """An official file of a data set.

    Attributes:
        name: its official name, which it must have in the folder.
        md5: its digest, as those who publish or read the data set state it.
        size: how large it is, for people.
        page: where one gets it.
    """

    name: str
    md5: str
    size: str
    page: str

    def find(self, folder: Path, *, check: bool = True) -> Path:
        """Return the path of the file in a folder, once its digest is checked.

        Args:
            folder: where it is.
            check: ``False`` takes any file of the name, such as a part of the data for a rehearsal.

        Raises:
            DataError: it is not there, cannot be read, or is not the official one.
        """
        path = folder / self.name
        if not folder.is_dir():
            raise DataError(f"there is no folder '{folder}'; {self.advice(folder)}")
        if not path.is_file():
            raise DataError(f"there is no '{self.name}' in the folder '{folder}'; {self.advice(folder)}")
        if check and (found := _digest(path)) != self.md5:
            raise DataError(
                f"'{path}' is damaged or another file: its MD5 is {found}, "
                f"{path.stat().st_size} bytes; {self.advice(folder)} again"
            )
        return path

    def advice(self, folder: Path) -> str:
        """Return what to get, and where to put it."""
        return f"download '{self.name}' ({self.size}, MD5 {self.md5}) from {self.page} into '{folder}'"


def _digest(path: Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error.strerror or error}") from None
    return digest.hexdigest()


def tar_members(path: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the regular files of a tar archive, compressed or not, in their order.

    Args:
        path: of the archive.
        wanted: whether a member is read, by its name without a leading ``./``.

    Raises:
        DataError: it is damaged, or a member is larger than any of a data set.
    """
    try:
        # A stream is read once from begin to end, as compressed archives must be.
        with tarfile.open(path, mode="r|*") as tar:
            for member in tar:
                name = member.name.removeprefix("./")
                if not member.isreg() or not wanted(name):
                    continue
                _check_size(path, name, member.size)
                file = tar.extractfile(member)
                yield name, file.read() if file else b""
    except _BROKEN as error:
        raise DataError(f"'{path}' is no archive that can be read: {error or type(error).__name__}") from None


def zip_members(path: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the files of a zip archive; as :func:`tar_members`."""
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.is_dir() or not wanted(member.filename):
                    continue
                _check_size(path, member.filename, member.file_size)
                yield member.filename, archive.read(member)
    except _BROKEN as error:
        raise DataError(f"'{path}' is no archive that can be read: {error or type(error).__name__}") from None


def one_member(path: Path, name: str) -> bytes:
    """Return the content of a file in a tar archive.

    Raises:
        DataError: the archive is damaged or has no such file.
    """
    for _, content in tar_members(path, name.__eq__):
        return content
    raise DataError(f"'{path}' has no '{name}'; expected the official archive")


def nested_tar(content: bytes, where: str, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a tar archive that is itself a member; as :func:`tar_members`."""
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r|*") as tar:
            for member in tar:
                name = member.name.removeprefix("./")
                if member.isreg() and wanted(name):
                    file = tar.extractfile(member)
                    yield name, file.read() if file else b""
    except _BROKEN as error:
        raise DataError(
            f"'{where}' is no archive that can be read: {error or type(error).__name__}"
        ) from None


def _check_size(path: Path, name: str, size: int) -> None:
    if size > _LARGEST_MEMBER:
        raise DataError(f"'{name}' in '{path}' has {size} bytes; expected at most {_LARGEST_MEMBER}")
