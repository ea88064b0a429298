"""Back from canonical forms to expressions of the language, to be printed, rendered and stored."""

from __future__ import annotations

from nos_sym.algebra.text.atoms import terms_of
from nos_sym.algebra.text.extraction import (
    as_update,
    canonical_rule,
    number_apart,
    text,
    to_expression,
    update,
)
from nos_sym.algebra.text.products import assembled
from nos_sym.algebra.text.recombining import recombined
from nos_sym.algebra.text.recursion import recursive
from nos_sym.algebra.text.summing import rescaled
from nos_sym.algebra.text.sums import as_generator, factor_of_sum, word_of_sum, words_of_sum

recursive.terms_of = terms_of
recursive.text = text
recursive.update = update
recursive.assembled = assembled
recursive.as_generator = as_generator
recursive.factor_of_sum = factor_of_sum
recursive.recombined = recombined
recursive.rescaled = rescaled
recursive.word_of_sum = word_of_sum
recursive.words_of_sum = words_of_sum

__all__ = ["as_update", "canonical_rule", "number_apart", "to_expression"]
