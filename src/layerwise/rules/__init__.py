"""Waste that layerwise finds, one module a rule."""
