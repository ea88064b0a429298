"""The store of an experiment: a SQLite file with every run and every evaluation."""
