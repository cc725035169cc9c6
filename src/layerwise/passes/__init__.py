"""Rewrites that layerwise proposes, one module a pass."""
