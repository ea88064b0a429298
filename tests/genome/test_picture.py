"""The picture: well-formed, everything in it, nothing on top of something else, nothing out of it."""

from __future__ import annotations

import itertools
from pathlib import Path
from xml.etree import ElementTree as Xml

import numpy as np
import pytest
from click.testing import CliRunner

from nos_sym import catalog
from nos_sym.cli.main import cli
from nos_sym.genome.diagram import diagram_of, form_label
from nos_sym.genome.encode import encode
from nos_sym.genome.form import Form
from nos_sym.genome.genome import Genome
from nos_sym.genome.layout import BOX_HEIGHT, lay_out
from nos_sym.genome.picture import draw
from nos_sym.genome.sample import sample
from nos_sym.genome.search_space import BINARY, DECAY_BINARY, DECAY_UNARY, UNARY
from nos_sym.genome.settings import GenomeSettings

SVG = "{http://www.w3.org/2000/svg}"


def read(text: str) -> Xml.Element:
    return Xml.fromstring(text)


def texts(svg: Xml.Element) -> list[str]:
    return [element.text or "" for element in svg.iter(f"{SVG}text")]


def classes(svg: Xml.Element) -> list[str]:
    return [element.get("class", "") for element in svg.iter() if element.get("class")]


def test_active_and_inactive_nodes_and_decays_are_in_the_picture() -> None:
    genome = encode(catalog.entry("Opt4"), rng=np.random.default_rng(3))
    svg = read(draw(genome, "Opt4"))
    shown = texts(svg)
    for text in ("Opt4", "x / y", "clip(x, y)", "e^x", "qhm(0.7)", "v_hat", "2", "erfc(erfc(a4))",
                 "dtanh(a8)", "arctan(a13)", "d1 = erfc(erfc(a4))", "w <- w - lr * U"):  # fmt: skip
        assert text in shown
    found = classes(svg)
    assert found.count("decay active") == 3
    # The graph of the update, and those of its decay functions, of which the first uses its hidden node.
    assert found.count("hidden active") == 2 + 1
    assert found.count("hidden inactive") == 2 + (len([c for c in shown if " = " in c]) - 1)
    for element in svg.iter():
        assert ("inactive" in element.get("class", "")) == (element.get("stroke-dasharray") is not None)


def random_genomes() -> list[Genome]:
    rng = np.random.default_rng(50)
    chosen = [GenomeSettings(hidden_nodes=n, operand=p, decay=0.3) for n in (1, 4, 8) for p in (0.3, 0.8)]
    return [sample(rng, s) for s in chosen for _ in range(15)]


def test_no_box_covers_another_and_edges_lead_to_the_right() -> None:
    for genome in random_genomes():
        layout = lay_out(diagram_of(genome))
        for a, b in itertools.combinations(layout.boxes, 2):
            apart = abs(a.x - b.x) >= (a.width + b.width) / 2 or abs(a.y - b.y) >= BOX_HEIGHT
            assert apart, (a, b)
        for placed in layout.boxes:
            assert placed.x - placed.width / 2 >= -1e-9
            assert placed.x + placed.width / 2 <= layout.width + 1e-9
            assert placed.y - BOX_HEIGHT / 2 >= -1e-9 and placed.y + BOX_HEIGHT / 2 <= layout.height + 1e-9
        for line in layout.lines:
            across = [x for x, _ in line.points]
            assert across == sorted(across)


def test_every_connection_is_drawn_once() -> None:
    for genome in random_genomes():
        diagram = diagram_of(genome)
        assert len(diagram.edges) == sum(len(n.arguments) for n in genome.nodes)
        decayed = sum(c.decay is not None for n in genome.nodes for c in n.arguments)
        assert sum(bool(e.decay) for e in diagram.edges) == decayed
        assert len(read(draw(genome)).findall(f"{SVG}g/{SVG}g")) >= 1


def test_everything_lies_within_the_picture() -> None:
    for genome in random_genomes()[::5]:
        svg = read(draw(genome))
        width, height = float(svg.get("width", "0")), float(svg.get("height", "0"))
        for group in svg.findall(f"{SVG}g/{SVG}g"):
            left, top = map(float, group.get("transform", "")[len("translate(") : -1].split())
            for box in group.findall(f"{SVG}rect"):
                right = left + float(box.get("x", "0")) + float(box.get("width", "0"))
                bottom = top + float(box.get("y", "0")) + float(box.get("height", "0"))
                assert right <= width and bottom <= height


def test_the_picture_of_a_sign_and_of_special_characters() -> None:
    genome = encode(catalog.entry("SGDMomentum"))
    flipped = Genome(genome.hidden, genome.output, genome.momentum, ascent=True)
    text = draw(flipped, "a < b & c")
    assert "a < b & c" in texts(read(text))
    assert "m <- mu * m + lr * U" in texts(read(text))


def test_labels_of_operations_name_their_arguments() -> None:
    assert form_label(Form("div")) == "x / y"
    assert form_label(Form("max", (), "0")) == "max(x, 0)"
    assert form_label(Form("drop", ("0.3",))) == "drop(x, 0.3)"
    assert form_label(Form("erfc")) == "erfc(x)"
    labels = [form_label(f) for f in (*UNARY, *BINARY)]
    assert len(set(labels)) == len(labels)
    assert all("y" in form_label(f) for f in (*BINARY, *DECAY_BINARY))
    assert all("x" in form_label(f) for f in (*UNARY, *DECAY_UNARY))


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, list(arguments))
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("target", ["Opt4", "AdaBelief", "none ~ [erfc(erfc(a4)) / dtanh(a8 + a4)] g"])
def test_show_writes_the_picture(target: str, tmp_path: Path) -> None:
    path = tmp_path / "graph.svg"
    code, out, err = run("show", target, "--graph", str(path))
    assert (code, err) == (0, "")
    assert out == run("show", target)[1]
    assert read(path.read_text(encoding="utf-8")).tag == f"{SVG}svg"


def test_show_refuses_what_has_no_graph(tmp_path: Path) -> None:
    path = tmp_path / "graph.svg"
    code, out, err = run("show", "LR1", "--graph", str(path))
    assert (code, out) == (2, "") and err.startswith("error: '--graph' draws")
    code, out, err = run("show", "none ~ drop(g, 0.5, draw=1) * drop(w, 0.5, draw=1)", "--graph", str(path))
    assert (code, out) == (2, "") and "share the mask" in err
    assert not path.exists()
    code, out, err = run("show", "Opt4", "--graph", str(tmp_path / "missing" / "graph.svg"))
    assert (code, out) == (1, "") and "cannot write" in err
