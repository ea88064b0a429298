"""How candidates are proposed: the particle algorithm of the paper and two baselines."""
