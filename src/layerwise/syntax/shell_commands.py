"""Simple commands of the shell: from tree-sitter's nodes to words, assignments, redirects and tests."""

from itertools import pairwise

import tree_sitter

from layerwise.syntax.shell_tree import Assignment, Command, Condition, Redirect, ShellWord
from layerwise.syntax.shell_words import NotUnderstood, Source, inner_parts, lower_word, mentioned, text_word

REDIRECTS = frozenset({"file_redirect", "herestring_redirect"})
COMPARISONS = frozenset({"=", "==", "!="})
_FILE_TESTS = frozenset(f"-{letter}" for letter in "abcdefghkprsuwxGLNOS")
_FILE_COMPARISONS = frozenset({"-nt", "-ot", "-ef"})
_WORDS = frozenset(
    {
        *("word", "number", "string", "raw_string", "ansi_c_string", "translated_string", "concatenation"),
        *("simple_expansion", "expansion", "command_substitution", "process_substitution", "arithmetic_expansion"),
        *("brace_expression", "extglob_pattern", "regex"),
    }
)


def lower_command(source: Source, node: tree_sitter.Node) -> Command:
    """Return a simple command."""
    name: ShellWord | None = None
    arguments: list[ShellWord] = []
    assignments: list[Assignment] = []
    redirects: list[Redirect] = []
    _refuse_split_words(source, node)
    for child in node.children:
        if child.type == "command_name":
            name = lower_word(source, child.children[0])
        elif child.type == "variable_assignment":
            assignments.append(_assignment(source, child))
        elif child.type in REDIRECTS:
            redirect, more = lower_redirect(source, child)
            redirects.append(redirect)
            arguments.extend(more)
        elif child.type in _WORDS:
            arguments.append(lower_word(source, child))
        elif not child.is_named:
            arguments.append(text_word(source, child))
        elif child.type != "comment":
            raise NotUnderstood(child.type)
    return named(Command(name, tuple(arguments), tuple(assignments), tuple(redirects), source.span(node)))


def _refuse_split_words(source: Source, node: tree_sitter.Node) -> None:
    """A backslash at the end of a line inside a word joins its halves; tree-sitter makes two words of them."""
    for one, other in pairwise(node.children):
        if source.slice(one.end_byte, other.start_byte) == "\\\n":
            raise NotUnderstood("a word over two lines")


def named(command: Command) -> Command:
    """Return a command whose name was taken for an argument, as in ``>file name``, put right."""
    if command.name is not None or not command.arguments:
        return command
    name, *arguments = command.arguments
    return Command(name, tuple(arguments), command.assignments, command.redirects, command.span)


def lower_declaration(source: Source, node: tree_sitter.Node) -> Command:
    """Return ``export``, ``declare``, ``unset`` and their kin as a command."""
    keyword, *others = node.children
    assignments = tuple(_assignment(source, child) for child in others if child.type == "variable_assignment")
    bare = [child for child in others if child.type not in {"variable_assignment", "comment"}]
    names = tuple(lower_word(source, child) for child in bare)
    return Command(text_word(source, keyword), names, assignments, (), source.span(node))


def lower_assignments(source: Source, node: tree_sitter.Node) -> Command:
    """Return assignments without a command."""
    children = node.children if node.type == "variable_assignments" else [node]
    return Command(None, (), tuple(_assignment(source, child) for child in children), (), source.span(node))


def _assignment(source: Source, node: tree_sitter.Node) -> Assignment:
    name, operator = node.children[0], node.children[1]
    value = node.child_by_field_name("value")
    append = operator.type == "+="
    if name.type != "variable_name" or (value is not None and value.type == "array"):
        # An element or an array: its value is not followed, but what stands in it is read and run.
        return Assignment(source.raw(name).partition("[")[0], contents(source, node), append=True)
    if value is None:
        return Assignment(source.raw(name), ShellWord("", (), source.span(node)), append)
    return Assignment(source.raw(name), lower_word(source, value), append)


def contents(source: Source, node: tree_sitter.Node) -> ShellWord:
    """Return a word that holds the expansions and substitutions anywhere below ``node``."""
    return ShellWord(source.raw(node), tuple(inner_parts(source, node)), source.span(node))


def lower_redirect(source: Source, node: tree_sitter.Node) -> tuple[Redirect, tuple[ShellWord, ...]]:
    """Return a redirect, and the arguments behind it: in ``echo >&2 text`` tree-sitter takes both words for targets."""
    operators = [child for child in node.children if not child.is_named]
    targets = [child for child in node.children if child.is_named and child.type != "file_descriptor"]
    if len(operators) != 1:
        raise NotUnderstood(node.type)
    words = tuple(lower_word(source, target) for target in targets)
    return Redirect(operators[0].type, words[0] if words else None), words[1:]


def lower_test(source: Source, node: tree_sitter.Node, without: set[str] | None = None) -> Condition:
    """Return a condition; ``without`` names the children of ``for ((…))`` that are none of it."""
    if any(child.type == "((" for child in node.children):
        parts = [child for child in node.children if child.is_named and child.type not in (without or set())]
        return Condition(tuple(mentioned(source, child) for child in parts), (), source.span(node))
    words: list[ShellWord] = []
    paths: list[ShellWord] = []
    _operands(source, node, words, paths)
    return Condition(tuple(words), tuple(paths), source.span(node), _comparison(source, node))


def _comparison(source: Source, node: tree_sitter.Node) -> str:
    """Return the operator of ``[ A = B ]``, "" where the condition is anything more."""
    inner = [child for child in node.children if child.is_named]
    if len(inner) != 1 or inner[0].type != "binary_expression" or len(inner[0].children) != len(("A", "=", "B")):
        return ""
    left, operator, right = inner[0].children
    plain = {left.type, right.type} <= _WORDS and source.raw(operator) in COMPARISONS
    return source.raw(operator) if plain else ""


def _operands(source: Source, node: tree_sitter.Node, words: list[ShellWord], paths: list[ShellWord]) -> None:
    operators = {source.raw(child) for child in node.children if child.type == "test_operator" or not child.is_named}
    of_files = operators & (_FILE_COMPARISONS if node.type == "binary_expression" else _FILE_TESTS)
    for child in node.children:
        if child.type in _WORDS:
            word = lower_word(source, child)
            words.append(word)
            if of_files:
                paths.append(word)
        elif child.is_named and child.type not in {"test_operator", "comment"}:
            _operands(source, child, words, paths)
