"""Elements of an HTML page or a picture, in which text can't become markup.

::

    write(tag("p", "a < b", class_="note"))  # <p class="note">a &lt; b</p>

What is written is XML, and HTML as well: a page can be read by the parsers of both.
"""

import html
import re
from dataclasses import dataclass
from typing import TypeAlias

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no characters for."""
_VOID = frozenset({"br", "meta"})
"""Elements of HTML that have no end tag."""
_AS_IT_STANDS = frozenset({"pre", "text", "tspan"})
"""Elements in which white space shows."""


@dataclass(frozen=True, slots=True)
class Tag:
    """An element; a child that is a string is text."""

    name: str
    attributes: tuple[tuple[str, str], ...]
    children: tuple["Content", ...]


Content: TypeAlias = "Tag | str"


def tag(name: str, /, *children: Content, **attributes: str | float) -> Tag:
    """Return an element; in the names of attributes ``_`` stands for ``-``, and at the end for nothing."""
    named = ((key.rstrip("_").replace("_", "-"), _value(value)) for key, value in attributes.items())
    return Tag(name, tuple(named), children)


def write(content: Content) -> str:
    """Return the markup of an element, a line for each that stands among elements only; of a string its text."""
    if isinstance(content, str):
        return _escaped(content)
    attributes = "".join(f' {name}="{_escaped(value)}"' for name, value in content.attributes)
    if content.name in _VOID:
        return f"<{content.name}{attributes} />"
    apart = content.name not in _AS_IT_STANDS and all(isinstance(child, Tag) for child in content.children)
    inside = [write(child) for child in content.children]
    text = "".join(f"\n{one}" for one in inside) + "\n" * bool(inside) if apart else "".join(inside)
    return f"<{content.name}{attributes}>{text}</{content.name}>"


def _value(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")


def _escaped(text: str) -> str:
    return html.escape(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text), quote=True)
