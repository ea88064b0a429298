"""C of whole steps: what rendered optimizers compile with the system's compiler."""
