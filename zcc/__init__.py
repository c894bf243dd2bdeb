"""The project: wiring only. Nothing imports it but itself."""

__version__ = "0.1.0"
