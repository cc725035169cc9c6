"""Profile-guided optimisation for container image builds."""

__version__ = "0.1.0"
