"""The functions of ``import nos_sym``, which take names and texts wherever a rule is meant."""
