"""Parts of ``benchmarks/search_algorithms.py``: the task, a search, and what is said of them."""
