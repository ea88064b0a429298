"""What a search can show for its best: new trainings, references, and tests between them."""
