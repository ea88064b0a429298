"""The surrogate: a small network on small images that says how good an optimizer is."""
