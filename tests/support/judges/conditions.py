"""Pairs for single conditions of the algebra."""

CONDITIONS: list[tuple[str, str]] = []
