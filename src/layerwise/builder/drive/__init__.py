"""Drives ``docker buildx build``: what was asked for, what the builders can do, and the calls that come of it."""
