"""Genomes as JSON data: plain objects, lists and strings, versioned; what is empty is left out."""

from __future__ import annotations

from typing import Any

from nos_sym.errors import GenomeError, quoted
from nos_sym.genome.form import Form
from nos_sym.genome.genome import Connection, DecayGraph, DecayNode, Genome, GraphNode, Source
from nos_sym.language.operation import current_name
from nos_sym.language.rule import Momentum

VERSION = 1

_MOMENTA = {m.value: m for m in Momentum}


def genome_to_json(genome: Genome) -> dict[str, Any]:
    """Return a genome as JSON data."""
    return {
        "version": VERSION,
        "momentum": genome.momentum.value,
        "ascent": genome.ascent,
        "hidden": [_node_to_json(n) for n in genome.hidden],
        "output": _node_to_json(genome.output),
    }


def genome_from_json(data: Any) -> Genome:
    """Read what :func:`genome_to_json` wrote.

    Raises:
        GenomeError: the data is of another version or is no genome.
    """
    if not isinstance(data, dict) or data.get("version") != VERSION:
        raise GenomeError(f"the JSON is no genome of version {VERSION}; write it with genome.to_json()")
    given = _record(data, "a genome", ("version", "momentum", "ascent", "hidden", "output"))
    momentum = given["momentum"]
    if not isinstance(momentum, str) or momentum not in _MOMENTA:
        raise GenomeError(f"the momentum type of a JSON genome is not one of {', '.join(_MOMENTA)}")
    hidden = tuple(_node_from_json(n) for n in _list(given["hidden"], "hidden nodes"))
    return Genome(hidden, _node_from_json(given["output"]), _MOMENTA[momentum], given["ascent"])


def _form_to_json(form: Form) -> dict[str, Any]:
    data: dict[str, Any] = {"operation": form.operation}
    if form.parameters:
        data["parameters"] = list(form.parameters)
    if form.literal is not None:
        data["literal"] = form.literal
    return data


def _form_from_json(given: dict[str, Any]) -> Form:
    parameters = tuple(_text(p) for p in _list(given.get("parameters", []), "parameters"))
    literal = given.get("literal")
    operation = current_name(_text(given["operation"]))
    return Form(operation, parameters, None if literal is None else _text(literal))


def _node_to_json(node: GraphNode) -> dict[str, Any]:
    data = _form_to_json(node.form) | {"arguments": [_connection_to_json(c) for c in node.arguments]}
    if node.dormant is not None:
        data["dormant"] = _form_to_json(node.dormant)
    if node.resting:
        data["resting"] = [_connection_to_json(c) for c in node.resting]
    return data


def _node_from_json(data: Any) -> GraphNode:
    more = ("parameters", "literal", "dormant", "resting")
    given = _record(data, "a node", ("operation", "arguments"), more)
    arguments = tuple(_connection_from_json(c) for c in _list(given["arguments"], "arguments"))
    resting = tuple(_connection_from_json(c) for c in _list(given.get("resting", []), "resting connections"))
    dormant = given.get("dormant")
    if dormant is not None:
        dormant = _form_from_json(_record(dormant, "an operation", ("operation",), ("parameters", "literal")))
    return GraphNode(_form_from_json(given), arguments, dormant, resting)


def _connection_to_json(connection: Connection) -> dict[str, Any]:
    data: dict[str, Any] = {"source": connection.source}
    if connection.decay is not None:
        data["decay"] = {
            "hidden": [_decay_node_to_json(n) for n in connection.decay.hidden],
            "output": _decay_node_to_json(connection.decay.output),
        }
    return data


def _connection_from_json(data: Any) -> Connection:
    given = _record(data, "a connection", ("source",), ("decay",))
    decay = given.get("decay")
    return Connection(_source(given["source"]), None if decay is None else _decay_from_json(decay))


def _decay_from_json(data: Any) -> DecayGraph:
    given = _record(data, "a decay function", ("hidden", "output"))
    hidden = tuple(_decay_node_from_json(n) for n in _list(given["hidden"], "hidden nodes"))
    return DecayGraph(hidden, _decay_node_from_json(given["output"]))


def _decay_node_to_json(node: DecayNode) -> dict[str, Any]:
    return _form_to_json(node.form) | {"arguments": list(node.arguments)}


def _decay_node_from_json(data: Any) -> DecayNode:
    given = _record(data, "a node", ("operation", "arguments"), ("parameters", "literal"))
    return DecayNode(
        _form_from_json(given), tuple(_source(a) for a in _list(given["arguments"], "arguments"))
    )


def _record(data: Any, what: str, needed: tuple[str, ...], more: tuple[str, ...] = ()) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise GenomeError(f"{what} in JSON is an object with {', '.join(needed)}")
    missing = [key for key in needed if key not in data]
    if missing:
        raise GenomeError(f"{what} in JSON lacks '{missing[0]}'; expected {', '.join(needed)}")
    for key in data:
        if key not in needed and key not in more:
            expected = ", ".join((*needed, *more))
            raise GenomeError(f"{what} in JSON has no {quoted(str(key))}; expected {expected}")
    return data


def _list(data: Any, what: str) -> list[Any]:
    if not isinstance(data, list):
        raise GenomeError(f"{what} in JSON are a list")
    return data


def _text(data: Any) -> str:
    if not isinstance(data, str):
        raise GenomeError("operations, parameters and literals in JSON are strings")
    return data


def _source(data: Any) -> Source:
    if isinstance(data, bool) or not isinstance(data, int | str):
        raise GenomeError("an argument in JSON is the index of a hidden node, or the text of an operand")
    return data
