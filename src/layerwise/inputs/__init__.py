"""What the cache keys of a build's steps are made of, as frozen values: the first evidence for why a step ran again.

An input manifest is made before a build (``builder.inputs``) and kept with its record (``store``).
"""
