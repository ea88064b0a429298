"""The random genome of Figures 1 and 2: that it shows what there is, and is the same each time."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

import numpy as np

from nos_sym.genome.decode import decode
from nos_sym.genome.picture import tree
from nos_sym.genome.sample import sample
from nos_sym.report.paper.captions import caption
from nos_sym.report.paper.example import example, graph


def test_the_genome_is_what_the_caption_says() -> None:
    genome, seed = example()
    assert genome == sample(np.random.default_rng(seed)) and f"seed~{seed};" in caption(1)
    assert 1 < len(genome.active()) < len(genome.hidden)
    decays = [argument.decay for node in genome.active_nodes for argument in node.arguments if argument.decay]
    assert len(decays) == 1 and decays[0].active() and "[" in str(decode(genome))


def test_both_graphs_are_drawn_and_the_inactive_is_dashed() -> None:
    genome, _ = example()
    assert "stroke-dasharray" in Xml.tostring(tree(genome), encoding="unicode")
    for number in (1, 2):
        assert graph(number, "pdf").startswith(b"%PDF-") and graph(number, "svg") == graph(number, "svg")
    assert graph(1, "png") != graph(2, "png")
