"""The safe push: images that are in a registry already are checked, and only then a tag is moved to them.

First ``check`` (checking.py), once for all platforms; then ``promote`` (promotion.py) for each tag. Both say what they
found as a value; a registry that fails raises ``RegistryError``, and the tag then names what it named before or, as
the message says, perhaps the new image: never anything else.
"""
