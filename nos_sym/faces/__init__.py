"""Faces: how a library calls an optimizer of the catalog."""

from nos_sym.faces.face import Argument, Default, Face, Use
from nos_sym.faces.finding import face_named, faces, faces_of_entry, is_face_name
from nos_sym.faces.relations import Relation, equals_of, relations_of
from nos_sym.faces.rules import rule_of_face

__all__ = [
    "Argument", "Default", "Face", "Relation", "Use", "equals_of", "face_named", "faces", "faces_of_entry",
    "is_face_name", "relations_of", "rule_of_face",
]  # fmt: skip
