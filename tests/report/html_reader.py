"""Reads a page as a browser would."""

import re
from html.parser import HTMLParser


class Reader(HTMLParser):
    """Fails where an end tag does not fit."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_startendtag(self, tag, attrs):
        assert tag in ("meta", "br")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def read(page: str) -> Reader:
    """Return what a page holds; all that it opens is closed."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def headings(page: str) -> list[str]:
    """Return the titles of a page's parts."""
    return re.findall("<h2>(.*)</h2>", page)
