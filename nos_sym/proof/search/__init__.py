"""A search for proofs; nothing that it says counts until the checker has replayed it."""
