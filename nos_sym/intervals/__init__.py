"""Outward-rounded interval arithmetic: what every enclosure and every guard rests on."""
