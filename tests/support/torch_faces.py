"""What tests of files in place of PyTorch's optimizers begin with: the faces, and the class of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nos_sym.codegen.render import render
from nos_sym.faces import Face, faces, rule_of_face
from support.harness import load

FACES = [face for face in faces() if face.backend == "torch"]


def replacement(face: Face, folder: Path) -> Any:
    """Return the class of a file that replaces the original of a face."""
    return getattr(load(render(rule_of_face(face), "torch", face=face), folder), face.class_name)
