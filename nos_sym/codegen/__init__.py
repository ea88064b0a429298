"""From a program to source: emission, equations in text, and the templates of the backends."""
