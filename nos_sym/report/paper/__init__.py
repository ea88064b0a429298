"""All tables and figures of the paper, and those of a store, as one LaTeX document.

- :mod:`~nos_sym.report.paper.pieces`: what there is, each made when it is asked for;
- :mod:`~nos_sym.report.paper.captions`: what figures show;
- :mod:`~nos_sym.report.paper.document`: the document that shows them;
- :mod:`~nos_sym.report.paper.compiling`: the document as PDF, by pdfTeX.
"""
