"""What the originals computed, as it was recorded.

``python tests/support/peers/recordings.py LIBRARY [NAME]``, with ``tests`` in the path, records anew.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from nos_sym.faces import Face, faces
from support.peers.draws import Draw, draws_of
from support.peers.originals import run_original, run_original_deep
from support.peers.problem import Array
from support.peers.rules import deep_shapes_at

FOLDER = Path(__file__).parents[2] / "data" / "peers"


@dataclass(frozen=True, slots=True)
class Recording:
    """The weights of all parameters after the steps of ``CHECKED``, at a draw of the arguments."""

    draw: Draw
    weights: Array


def recordings_of(face: Face) -> list[Recording]:
    """Return what the original of a face computed at each draw, an empty list where it was not recorded."""
    file = _file(face.library)
    if str(face) not in file:
        return []
    draws = [_draw(row) for row in json.loads(str(file[str(face)]))]
    return [Recording(draw, file[f"{face}#{index}"]) for index, draw in enumerate(draws)]


def deep_recording_of(face: Face) -> Array | None:
    """Return what the original computed at its defaults with parameters of three and more axes.

    ``None`` where it takes none, or was not recorded.
    """
    return _file(face.library).get(f"{face}#deep")


@lru_cache(maxsize=8)
def _file(library: str) -> dict[str, Array]:
    path = FOLDER / f"{library}.npz"
    if not path.is_file():
        return {}
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _draw(values: dict[str, object]) -> Draw:
    return {name: tuple(x) if isinstance(x, list) else x for name, x in values.items()}  # type: ignore[misc]


def record(library: str, only: str = "") -> int:
    """Run the originals of a library whose names hold a text and write the results; return how many."""
    kept = dict(_file(library)) if only else {}
    count = 0
    for face in faces():
        if face.library == library and only in str(face):
            draws = draws_of(face)
            kept[str(face)] = np.array(json.dumps(draws))
            kept |= {f"{face}#{i}": run_original(face, draw) for i, draw in enumerate(draws)}
            if shapes := deep_shapes_at(face, draws[0]):
                kept[f"{face}#deep"] = run_original_deep(face, draws[0], shapes)
            count += 1
    np.savez_compressed(FOLDER / f"{library}.npz", **kept)  # type: ignore[arg-type]
    return count


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "jax")
    print(record(*sys.argv[1:]), "faces")
