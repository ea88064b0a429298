"""The syntax of the authors' log: the table of its forms, its parser, its printer, its reader of files."""
