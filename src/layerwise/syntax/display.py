"""Text of a repository as it may be shown: on one line, and with nothing that a terminal would obey."""


def one_line(text: str) -> str:
    """Return a text with its white space folded and what cannot be printed replaced."""
    folded = " ".join(text.split())
    if folded.isprintable():
        return folded
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in folded)
