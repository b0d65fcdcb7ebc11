"""Corruption Risk Map: reads a facility file, scores it with its uncertainty, explains every number."""

__version__ = "0.1.0"
