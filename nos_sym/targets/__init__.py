"""What a text of a user stands for: names of the catalog and of libraries, rules, and files with rules."""
