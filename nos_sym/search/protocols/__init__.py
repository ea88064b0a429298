"""What is done with the optimizers that a search found."""
