"""Colors of rules: Pygments lexers of the language and of the authors' log; texts for terminals and pages."""
