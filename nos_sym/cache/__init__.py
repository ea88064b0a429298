"""Texts that are kept between runs."""
