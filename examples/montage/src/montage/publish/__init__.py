"""Sending finished videos away."""
