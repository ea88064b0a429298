"""How the networks of the transfer experiments are trained with a rendered optimizer."""
