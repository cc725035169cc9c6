"""Parse the shell script of a RUN with tree-sitter-bash; None where it is not shell that layerwise understands.

Every node must be one that is lowered below: what is new to layerwise makes the whole script unknown, so that no
command in it is overlooked.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import tree_sitter
import tree_sitter_bash

from layerwise.syntax.shell_commands import (
    REDIRECTS,
    contents,
    lower_assignments,
    lower_command,
    lower_declaration,
    lower_redirect,
    lower_test,
    named,
)
from layerwise.syntax.shell_tree import (
    Case,
    Chain,
    Command,
    For,
    Function,
    Group,
    If,
    Negated,
    Node,
    Pipeline,
    Redirect,
    Redirected,
    Script,
    ShellWord,
    Statement,
    While,
)
from layerwise.syntax.shell_words import NotUnderstood, Source, lower_word, text_word
from layerwise.syntax.tree import Span

_DEEPEST = 150  # nested nodes; deeper scripts are opaque rather than a RecursionError
_EMPTY_COMMENT = re.compile(r"`#[^`\n]*`")  # a comment inside a line, as a command substitution that does nothing
_PUNCTUATION = frozenset(
    {"(", ")", "{", "}", ";", "\n", "&", ";;", "$(", "`", "<(", ">(", "do", "done", "then", "((", "))"}
)


@cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def parse_shell(script: str) -> Script | None:
    """Return the tree of ``script``; None where it is not valid shell, or holds what layerwise does not model."""
    try:
        return _parsed(script) or _parsed(_EMPTY_COMMENT.sub(lambda match: " " * len(match[0]), script))
    except UnicodeError:
        return None


def _parsed(script: str) -> Script | None:
    source = Source(script, _script)
    root = _parser().parse(source.data).root_node
    if root.has_error or _too_deep(root):
        return None
    try:
        return _script(source, root)
    except NotUnderstood:
        return None


def _too_deep(root: tree_sitter.Node) -> bool:
    """Whether nodes nest too deep, chains of ``&&`` aside, which are read without recursion."""
    level, waiting = 0, [root]
    while waiting and level <= _DEEPEST:
        waiting = [child for node in waiting for child in node.children]
        while chains := [node for node in waiting if node.type == "list"]:
            waiting = [node for node in waiting if node.type != "list"]
            waiting += [child for node in chains for child in node.children]
        level += 1
    return level > _DEEPEST


def _script(source: Source, node: tree_sitter.Node) -> Script:
    return _statements(source, node.children)


def _statements(source: Source, children: list[tree_sitter.Node]) -> Script:
    found: list[Statement] = []
    for child in children:
        if child.type == "comment":
            continue
        if child.is_named:
            found.append(Statement(_node(source, child), ""))
        elif child.type in {";", "&", "\n"} and found and not found[-1].connector:
            found[-1] = Statement(found[-1].node, child.type)
        elif child.type not in _PUNCTUATION:
            raise NotUnderstood(child.type)
    # A newline that only separates commands has no node of its own.
    return Script(tuple(Statement(one.node, one.connector or "\n") for one in found[:-1]) + tuple(found[-1:]))


def _node(source: Source, node: tree_sitter.Node) -> Node:
    lower = _LOWER.get(node.type)
    if lower is None:
        raise NotUnderstood(node.type)
    return lower(source, node)


def _chain(source: Source, node: tree_sitter.Node) -> Node:
    """Flatten ``a && b || c``, which tree-sitter nests to the left."""
    pairs: list[tuple[str, tree_sitter.Node]] = []
    first = node
    while first.type == "list":
        left, operator, right = _without_comments(first)
        pairs.append((operator.type, right))
        first = left
    chain = _node(source, first)
    for operator_text, right in reversed(pairs):
        chain = _chained(chain, operator_text, _node(source, right), source.span(node))
    return chain


def _without_comments(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    return [child for child in node.children if child.type not in {"comment", "\n"}]


def _pipeline(source: Source, node: tree_sitter.Node) -> Node:
    commands = [child for child in _without_comments(node) if child.is_named]
    return Pipeline(tuple(_node(source, child) for child in commands), source.span(node))


def _negated(source: Source, node: tree_sitter.Node) -> Node:
    return Negated(_node(source, _without_comments(node)[1]), source.span(node))


def _group(source: Source, node: tree_sitter.Node) -> Node:
    if node.children[0].type == "((":
        return lower_test(source, node)
    return Group(_script(source, node), node.type == "subshell", source.span(node))


def _redirected(source: Source, node: tree_sitter.Node) -> Node:
    body = node.child_by_field_name("body")
    lowered = Command(None, (), (), (), source.span(node)) if body is None else _node(source, body)
    tail = _Tail([], [], [])
    for child in node.children:
        if child == body or child.type == "comment":
            continue
        if child.type == "heredoc_redirect":
            _heredoc(source, child, tail)
        else:
            tail.redirect(*lower_redirect(source, child))
    return _followed(_with_redirects(lowered, tail, source.span(node)), tail.following, source.span(node))


class _Tail(NamedTuple):
    """What stands behind a command: redirects, arguments among them, and what follows a here-document on its line."""

    redirects: list[Redirect]
    arguments: list[ShellWord]
    following: list[tuple[str, Node]]

    def redirect(self, redirect: Redirect, arguments: tuple[ShellWord, ...]) -> None:
        self.redirects.append(redirect)
        self.arguments.extend(arguments)


def _with_redirects(body: Node, tail: _Tail, span: Span) -> Node:
    """Attach redirects to the last command, as the shell does: tree-sitter hangs them above a whole chain."""
    if isinstance(body, Command):
        words, redirects = (*body.arguments, *tail.arguments), (*body.redirects, *tail.redirects)
        return named(Command(body.name, words, body.assignments, redirects, Span(body.span.start, span.end)))
    if changed := _at_end(body, lambda last: _with_redirects(last, tail, span)):
        return changed
    if tail.arguments:
        raise NotUnderstood("words behind the redirect of a compound command")
    return Redirected(body, tuple(tail.redirects), Span(body.span.start, span.end))


def _at_end(node: Node, change: Callable[[Node], Node]) -> Node | None:
    """Return a chain, pipeline or negation with its last command changed; None for what has no last command."""
    if isinstance(node, Chain):
        *others, (operator, last) = node.rest
        return Chain(node.first, (*others, (operator, change(last))), node.span)
    if isinstance(node, Pipeline):
        return Pipeline((*node.commands[:-1], change(node.commands[-1])), node.span)
    if isinstance(node, Negated):
        return Negated(change(node.body), node.span)
    return None


def _heredoc(source: Source, node: tree_sitter.Node, tail: _Tail) -> None:
    """Add a here-document and what follows on its line: redirects, ``| x``, ``&& x``, ``|| x``."""
    operator = ""
    for child in node.children:
        if child.type == "heredoc_body":
            tail.redirect(Redirect("<<", _heredoc_text(source, child, node)), ())
        elif child.type in REDIRECTS:
            tail.redirect(*lower_redirect(source, child))
        elif child.type == "pipeline":
            tail.following.extend(("|", _node(source, command)) for command in child.children if command.is_named)
        elif child.type in {"&&", "||"}:
            operator = child.type
        elif operator and child.is_named and child.type in _LOWER:
            tail.following.append((operator, _node(source, child)))
            operator = ""
        elif child.type not in {"<<", "<<-", "heredoc_start", "heredoc_end", "file_descriptor", "\n"}:
            raise NotUnderstood(child.type)


def _heredoc_text(source: Source, body: tree_sitter.Node, redirect: tree_sitter.Node) -> ShellWord:
    start = next(source.raw(child) for child in redirect.children if child.type == "heredoc_start")
    if start[:1] in {"'", '"', "\\"}:
        return text_word(source, body)
    if "`" in source.raw(body):
        raise NotUnderstood("backquotes in a here-document")
    return contents(source, body) if body.children else text_word(source, body)


def _followed(node: Node, following: list[tuple[str, Node]], span: Span) -> Node:
    """Join what follows a here-document on its line to the command it feeds."""
    piped = [other for operator, other in following if operator == "|"]
    rest = [(operator, other) for operator, other in following if operator != "|"]
    if piped:
        node = _piped(node, tuple(piped), span)
    for operator, other in rest:
        node = _chained(node, operator, other, span)
    return node


def _piped(node: Node, others: tuple[Node, ...], span: Span) -> Node:
    if isinstance(node, Chain):
        return _at_end(node, lambda last: _piped(last, others, span)) or node
    flat: list[Node] = []
    for one in (node, *others):
        flat.extend(one.commands if isinstance(one, Pipeline) else (one,))
    return Pipeline(tuple(flat), span)


def _chained(left: Node, operator: str, right: Node, span: Span) -> Chain:
    """Join two nodes from left to right, whatever chains they already are."""
    first, before = (left.first, left.rest) if isinstance(left, Chain) else (left, ())
    after = ((operator, right.first), *right.rest) if isinstance(right, Chain) else ((operator, right),)
    return Chain(first, (*before, *after), span)


def _if(source: Source, node: tree_sitter.Node) -> Node:
    branches: list[tuple[Script, Script]] = []
    otherwise = Script()
    head: list[tree_sitter.Node] = []
    for child in node.children:
        if child.type == "elif_clause":
            branches.append(_branch(source, child.children))
        elif child.type == "else_clause":
            otherwise = _statements(source, child.children[1:])
        else:
            head.append(child)
    return If((_branch(source, head), *branches), otherwise, source.span(node))


def _branch(source: Source, children: list[tree_sitter.Node]) -> tuple[Script, Script]:
    middle = next(index for index, child in enumerate(children) if child.type == "then")
    body = [child for child in children[middle + 1 :] if child.type != "fi"]
    return _statements(source, children[1:middle]), _statements(source, body)


def _for(source: Source, node: tree_sitter.Node) -> Node:
    body = _body(source, node)
    variable = node.child_by_field_name("variable")
    if variable is None:
        raise NotUnderstood(node.type)
    given = any(child.type == "in" for child in node.children)
    words = tuple(lower_word(source, child) for child in node.children_by_field_name("value") if child.is_named)
    return For(source.raw(variable), words if given else None, body, source.span(node))


def _c_for(source: Source, node: tree_sitter.Node) -> Node:
    head = lower_test(source, node, {"do_group", "compound_statement"})
    return While(Script((Statement(head, ""),)), _body(source, node), source.span(node))


def _while(source: Source, node: tree_sitter.Node) -> Node:
    condition = [child for child in node.children[1:] if child.type != "do_group"]
    return While(_statements(source, condition), _body(source, node), source.span(node))


def _body(source: Source, node: tree_sitter.Node) -> Script:
    body = node.child_by_field_name("body")
    if body is None:
        raise NotUnderstood(node.type)
    return _script(source, body)


def _case(source: Source, node: tree_sitter.Node) -> Node:
    word = node.child_by_field_name("value")
    if word is None:
        raise NotUnderstood(node.type)
    items = [child for child in node.children if child.type == "case_item"]
    choices = tuple(tuple(lower_word(source, one) for one in _patterns(item)) for item in items)
    arms = tuple(_statements(source, _arm(item)) for item in items)
    falls = any(child.type in {";&", ";;&"} for item in items for child in item.children)
    return Case(lower_word(source, word), choices, arms, falls, source.span(node))


def _patterns(item: tree_sitter.Node) -> list[tree_sitter.Node]:
    return [one for one in item.children_by_field_name("value") if one.is_named]


def _arm(item: tree_sitter.Node) -> list[tree_sitter.Node]:
    opening = next(index for index, child in enumerate(item.children) if child.type == ")")
    return [child for child in item.children[opening + 1 :] if child.type not in {";;", ";&", ";;&"}]


def _function(source: Source, node: tree_sitter.Node) -> Node:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if name is None or body is None:
        raise NotUnderstood(node.type)
    redirects = tuple(lower_redirect(source, child)[0] for child in node.children if child.type == "file_redirect")
    lowered = _node(source, body)
    return Function(
        source.raw(name),
        Redirected(lowered, redirects, source.span(node)) if redirects else lowered,
        source.span(node),
    )


_LOWER = {
    "command": lower_command,
    "declaration_command": lower_declaration,
    "unset_command": lower_declaration,
    "variable_assignment": lower_assignments,
    "variable_assignments": lower_assignments,
    "redirected_statement": _redirected,
    "list": _chain,
    "pipeline": _pipeline,
    "negated_command": _negated,
    "subshell": _group,
    "compound_statement": _group,
    "test_command": lower_test,
    "if_statement": _if,
    "for_statement": _for,
    "c_style_for_statement": _c_for,
    "while_statement": _while,
    "case_statement": _case,
    "function_definition": _function,
}
