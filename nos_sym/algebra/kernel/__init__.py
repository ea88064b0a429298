"""The recursive kernel of the canonical form: terms, and the constructors that keep them normal."""
