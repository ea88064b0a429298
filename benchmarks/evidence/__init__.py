"""Where the figures of README and docs come from: each as it is computed from a file of raw results.

``python -m evidence`` beside this folder writes ``docs/evidence.md``. A test computes every figure again and
looks for it in the pages.
"""
