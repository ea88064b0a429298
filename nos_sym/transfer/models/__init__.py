"""The networks of the transfer experiments."""
