"""Optimizers that people, programs or language models wrote, looked at from every side in one page.

Code is run in a sandbox, and what comes back is not believed: the rule that it was read as is compared with
the catalog here, and run here beside the steps of the original. See :mod:`nos_sym.review.reviewing`.
"""
