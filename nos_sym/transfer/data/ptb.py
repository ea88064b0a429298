"""Penn Treebank as language models use it: 929,589 words to train on, a vocabulary of 10,000.

Source: Marcus, Santorini and Marcinkiewicz 1993, prepared by Mikolov et al. 2010, *Recurrent neural network
    based
language model*.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nos_sym.surrogate.cifar import DataError
from nos_sym.transfer.data.archive import Archive, tar_members

ARCHIVE = Archive(
    "simple-examples.tgz",
    "30177ea32e27c525793142b6bf2c8e2d",
    "35 MB",
    "http://www.fit.vutbr.cz/~imikolov/rnnlm/simple-examples.tgz",
)
_FILES = {
    part: f"simple-examples/data/ptb.{file}.txt"
    for part, file in (("training", "train"), ("validation", "valid"), ("test", "test"))
}
_END = "<eos>"
_UNKNOWN = "<unk>"

Words: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Corpus:
    """A text as numbers of words, each line with its end as a word.

    Attributes:
        training: what is trained on.
        validation: what a training is judged by.
        test: what no decision has seen.
        vocabulary: the words by number, in the order in which the training text has them first.
    """

    training: Words
    validation: Words
    test: Words
    vocabulary: tuple[str, ...]


def read_ptb(folder: Path, *, check: bool = True) -> Corpus:
    """Return the corpus.

    Args:
        folder: where the archive is.
        check: whether it must be the official one.

    Raises:
        DataError: the archive is missing, damaged or another one, or a word is not in the training text.
    """
    path = ARCHIVE.find(folder, check=check)
    found = dict(tar_members(path, set(_FILES.values()).__contains__))
    texts = {}
    for part, name in _FILES.items():
        if name not in found:
            raise DataError(f"'{path}' has no '{name}'; expected the official archive")
        try:
            texts[part] = _words(found[name].decode("utf-8"))
        except UnicodeDecodeError as error:
            raise DataError(f"'{name}' in '{path}' is no text in UTF-8: {error}") from None
        if len(texts[part]) < 2:
            raise DataError(f"'{name}' in '{path}' has fewer than two words")
    vocabulary = tuple(dict.fromkeys(texts["training"]))
    numbers = {word: number for number, word in enumerate(vocabulary)}
    parts = {part: _numbered(words, numbers, path) for part, words in texts.items()}
    return Corpus(**parts, vocabulary=vocabulary)


def _words(text: str) -> list[str]:
    return [word for line in text.splitlines() for word in (*line.split(), _END)]


def _numbered(words: list[str], numbers: dict[str, int], path: Path) -> Words:
    default = numbers.get(_UNKNOWN)
    found = np.empty(len(words), dtype=np.int64)
    for index, word in enumerate(words):
        number = numbers.get(word, default)
        if number is None:
            raise DataError(
                f"'{path}' has the word '{word}' outside of the training text, which has no {_UNKNOWN}"
            )
        found[index] = number
    return found
