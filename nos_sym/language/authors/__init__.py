"""The syntax of the authors' log: its forms, its parser and its printer."""
