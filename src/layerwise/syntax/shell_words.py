"""Words of the shell: from tree-sitter's nodes to ``ShellWord``, quotes and escapes removed.

tree-sitter leaves blanks between two expansions of a string out of its nodes, so text is read from the gaps between
nodes, never from the nodes of text alone.
"""

import re
from collections.abc import Callable, Iterator

import tree_sitter

from layerwise.syntax.shell_tree import Expansion, Glob, Part, Script, ShellWord, Substitution, Text
from layerwise.syntax.tree import Span


class NotUnderstood(Exception):  # an internal signal, turned into None by parse_shell
    """The script holds something that layerwise does not model."""


class Source:
    """A script with its bytes, since tree-sitter counts bytes and layerwise characters.

    ``lower`` makes the script of a substitution; shell.py, which knows statements, gives it.
    """

    def __init__(self, text: str, lower: "Lower") -> None:
        self.text = text
        self.lower = lower
        self.data = text.encode("utf-8", "surrogateescape")
        self._plain = len(self.data) == len(text)

    def character(self, byte: int) -> int:
        """Return the offset in characters of an offset in bytes."""
        return byte if self._plain else len(self.data[:byte].decode("utf-8", "surrogateescape"))

    def slice(self, start: int, end: int) -> str:
        """Return the text between two offsets in bytes."""
        return self.data[start:end].decode("utf-8", "surrogateescape")

    def span(self, node: tree_sitter.Node) -> Span:
        """Return the span of a node."""
        return Span(self.character(node.start_byte), self.character(node.end_byte))

    def raw(self, node: tree_sitter.Node) -> str:
        """Return the text of a node."""
        return self.slice(node.start_byte, node.end_byte)


Lower = Callable[[Source, tree_sitter.Node], Script]

_SIMPLE = re.compile(r"\$\{(\w+|[@*#?$!-])(?:(:?[-+=?])(.*))?\}", re.DOTALL)
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_GLOB = re.compile(r"[*?]|\[[^\]]*\]")
_BRACES = re.compile(r"\{[^{}]*(?:,|\.\.)[^{}]*\}")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_STRING_ESCAPE = re.compile(r'\\([$`"\\\n])')
_LEAVES = frozenset({"word", "number", "variable_name", "extglob_pattern", "regex", "file_descriptor", "test_operator"})


def lower_word(source: Source, node: tree_sitter.Node) -> ShellWord:
    """Return the word that ``node`` stands for; NotUnderstood where it is none."""
    parts = tuple(_merged(_parts(source, node)))
    return ShellWord(source.raw(node), _with_braces(parts), source.span(node))


def text_word(source: Source, node: tree_sitter.Node) -> ShellWord:
    """Return a word that is exactly the text of ``node`` (an operator, a bare name)."""
    return ShellWord(source.raw(node), (Text(source.raw(node)),), source.span(node))


def inner_parts(source: Source, node: tree_sitter.Node) -> Iterator[Part]:
    """Yield the expansions and substitutions anywhere below ``node``."""
    for child in node.children:
        if child.type in _EXPANDING:
            yield from _parts(source, child)
        else:
            yield from inner_parts(source, child)


def mentioned(source: Source, node: tree_sitter.Node) -> ShellWord:
    """Return a word of unknown value that reads what an arithmetic expression or a pattern mentions."""
    names = _IDENTIFIER.findall(source.raw(node))
    reads: list[Part] = [Expansion(name, "arithmetic", quoted=True) for name in dict.fromkeys(names)]
    inner = [part for part in inner_parts(source, node) if isinstance(part, Substitution)]
    return ShellWord(source.raw(node), (*reads, *inner), source.span(node))


def _parts(source: Source, node: tree_sitter.Node) -> Iterator[Part]:
    kind = node.type
    if kind == "word" or (kind in _LEAVES and not node.children):
        yield from _unquoted(source.raw(node))
    elif handler := _EXPANDING.get(kind) or _QUOTING.get(kind):
        yield from handler(source, node)
    elif kind == "brace_expression":
        yield Glob(source.raw(node), braces=True)
    elif kind in _LEAVES:
        yield from inner_parts(source, node)
        yield Glob(source.raw(node))
    elif not node.is_named:
        yield Text(source.raw(node))
    else:
        raise NotUnderstood(kind)


def _unquoted(raw: str) -> Iterator[Part]:
    """Split unquoted text into literal characters and globs; a backslash makes the next character literal."""
    position = 0
    for escape in _ESCAPE.finditer(raw):
        yield from _globs(raw[position : escape.start()])
        if escape[1] != "\n":
            yield Text(escape[1], quoted=True)
        position = escape.end()
    yield from _globs(raw[position:])


def _globs(text: str) -> Iterator[Part]:
    position = 0
    for match in _GLOB.finditer(text):
        if match.start() > position:
            yield Text(text[position : match.start()])
        yield Glob(match[0])
        position = match.end()
    if position < len(text):
        yield Text(text[position:])


def _string(source: Source, node: tree_sitter.Node) -> Iterator[Part]:
    start, end = node.start_byte + 1, node.end_byte - 1
    yield Text("", quoted=True)
    for child in node.children:
        if child.type not in _EXPANDING:
            continue
        opening = _opening(source, child)
        if opening > start:
            yield Text(_unescaped(source.slice(start, opening)), quoted=True)
        for part in _parts(source, child):
            yield _quoted(part)
        start = child.end_byte
    if end > start:
        yield Text(_unescaped(source.slice(start, end)), quoted=True)


def _opening(source: Source, node: tree_sitter.Node) -> int:
    """Return where an expansion starts: inside strings tree-sitter counts blanks in front to it."""
    raw = source.data[node.start_byte : node.end_byte]
    return node.end_byte - len(raw.lstrip(b" \t\n"))


def _unescaped(raw: str) -> str:
    return _STRING_ESCAPE.sub(lambda match: "" if match[1] == "\n" else match[1], raw)


def _quoted(part: Part) -> Part:
    if isinstance(part, Expansion):
        return Expansion(part.name, part.operator, part.word, quoted=True)
    if isinstance(part, Substitution):
        return Substitution(part.script, quoted=True)
    return part


def _raw_string(source: Source, node: tree_sitter.Node) -> Iterator[Part]:
    yield Text(source.raw(node)[1:-1], quoted=True)


def _ansi(source: Source, node: tree_sitter.Node) -> Iterator[Part]:
    """``$'…'``: known where it holds no escape."""
    raw = source.raw(node)[2:-1]
    yield Expansion("?", "other", quoted=True) if "\\" in raw else Text(raw, quoted=True)


def _translated(source: Source, node: tree_sitter.Node) -> Iterator[Part]:
    yield from _parts(source, node.children[-1])


def _concatenation(source: Source, node: tree_sitter.Node) -> Iterator[Part]:
    """Join the pieces; neighbours without quotes are read as one text, since ``[ab]`` arrives in three."""
    bare = ""
    for child in node.children:
        if child.type in {"word", "number"} or not child.is_named:
            bare += source.raw(child)
            continue
        yield from _unquoted(bare)
        bare = ""
        yield from _parts(source, child)
    yield from _unquoted(bare)


def _simple_expansion(source: Source, node: tree_sitter.Node) -> Iterator[Part]:
    yield Expansion(source.raw(node.children[-1]))


def _expansion(source: Source, node: tree_sitter.Node) -> Iterator[Part]:
    start = _opening(source, node)
    raw = source.slice(start, node.end_byte)
    if match := _SIMPLE.fullmatch(raw):
        if match[2] is None:
            yield Expansion(match[1])
            return
        operands = [
            child for child in node.children if child.start_byte >= start + len(raw[: match.start(3)].encode())
        ][:-1]
        whole = len(operands) == 1 and source.raw(operands[0]) == match[3]
        word = lower_word(source, operands[0]) if whole else None
        yield Expansion(match[1], match[2], word)
        if word is None:
            yield from inner_parts(source, node)
        return
    for name in dict.fromkeys(_IDENTIFIER.findall(raw)) or ("?",):
        yield Expansion(name, "other")
    yield from inner_parts(source, node)


def _substitution(source: Source, node: tree_sitter.Node) -> Iterator[Part]:
    escaped = node.children[0].type == "`" and "\\" in source.raw(node)
    yield Substitution(None if escaped else source.lower(source, node))


def _arithmetic(source: Source, node: tree_sitter.Node) -> Iterator[Part]:
    yield from mentioned(source, node).parts
    yield Expansion("?", "other", quoted=True)


_Handler = Callable[[Source, tree_sitter.Node], Iterator[Part]]

_QUOTING: dict[str, _Handler] = {
    "string": _string,
    "raw_string": _raw_string,
    "ansi_c_string": _ansi,
    "translated_string": _translated,
    "concatenation": _concatenation,
}
_EXPANDING: dict[str, _Handler] = {
    "simple_expansion": _simple_expansion,
    "expansion": _expansion,
    "command_substitution": _substitution,
    "process_substitution": _substitution,
    "arithmetic_expansion": _arithmetic,
}


def _merged(parts: Iterator[Part]) -> Iterator[Part]:
    """Join neighbouring texts of the same quoting."""
    held: Text | None = None
    for part in parts:
        if held is not None and isinstance(part, Text) and part.quoted == held.quoted:
            held = Text(held.text + part.text, held.quoted)
            continue
        if held is not None:
            yield held
        held = part if isinstance(part, Text) else None
        if held is None:
            yield part
    if held is not None:
        yield held


def _with_braces(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Turn ``{a,b}`` into braces, from the brace on: what follows is part of each of the words made."""
    for index, part in enumerate(parts):
        if isinstance(part, Text) and not part.quoted and (match := _BRACES.search(part.text)):
            before = (Text(part.text[: match.start()]),) if match.start() else ()
            return (*parts[:index], *before, Glob(part.text[match.start() :], braces=True), *parts[index + 1 :])
    return parts
