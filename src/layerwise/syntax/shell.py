"""Parse the shell script of a RUN with tree-sitter-bash; None where it is not shell that layerwise understands.

Every node must be one that is lowered below: what is new to layerwise makes the whole script unknown, so that no
command in it is overlooked.
"""

from collections.abc import Callable, Iterator
from functools import cache

import tree_sitter
import tree_sitter_bash

from layerwise.syntax.shell_tree import (
    Assignment,
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
    Test,
    While,
)
from layerwise.syntax.shell_words import NotUnderstood, Source, inner_parts, lower_word, mentioned, text_word
from layerwise.syntax.tree import Span

_DEEPEST = 150  # nested nodes; deeper scripts are opaque rather than a RecursionError
_PUNCTUATION = frozenset(
    {"(", ")", "{", "}", ";", "\n", "&", ";;", "$(", "`", "<(", ">(", "do", "done", "then", "((", "))"}
)
_FILE_TESTS = frozenset(f"-{letter}" for letter in "abcdefghkprsuwxGLNOS")
_FILE_COMPARISONS = frozenset({"-nt", "-ot", "-ef"})
_WORDS = frozenset(
    {
        *("word", "number", "string", "raw_string", "ansi_c_string", "translated_string", "concatenation"),
        *("simple_expansion", "expansion", "command_substitution", "process_substitution", "arithmetic_expansion"),
        *("brace_expression", "extglob_pattern", "regex"),
    }
)


@cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def parse_shell(script: str) -> Script | None:
    """Return the tree of ``script``; None where it is not valid shell, or holds what layerwise does not model."""
    try:
        source = Source(script)
        root = _parser().parse(source.data).root_node
        if root.has_error or _too_deep(root):
            return None
        return _script(source, root)
    except (NotUnderstood, UnicodeError):
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
            found.extend(Statement(node, "") for node in _nodes(source, child))
        elif child.type in {";", "&", "\n"} and found and not found[-1].connector:
            found[-1] = Statement(found[-1].node, child.type)
        elif child.type not in _PUNCTUATION:
            raise NotUnderstood(child.type)
    # A newline that only separates commands has no node of its own.
    return Script(tuple(Statement(one.node, one.connector or "\n") for one in found[:-1]) + tuple(found[-1:]))


def _nodes(source: Source, node: tree_sitter.Node) -> Iterator[Node]:
    """Yield what a node of a statement list stands for: one node, or none for an empty one."""
    if node.type == "heredoc_body":
        return
    yield _node(source, node)


def _node(source: Source, node: tree_sitter.Node) -> Node:
    lower = _LOWER.get(node.type)
    if lower is None:
        raise NotUnderstood(node.type)
    return lower(source, node)


def _word(source: Source, node: tree_sitter.Node) -> ShellWord:
    return lower_word(source, node, _script)


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
        return _test(source, node)
    return Group(_script(source, node), node.type == "subshell", source.span(node))


def _command(source: Source, node: tree_sitter.Node) -> Command:
    name: ShellWord | None = None
    arguments: list[ShellWord] = []
    assignments: list[Assignment] = []
    redirects: list[Redirect] = []
    for child in node.children:
        if child.type == "command_name":
            name = _word(source, child.children[0])
        elif child.type == "variable_assignment":
            assignments.append(_assignment(source, child))
        elif child.type in {"file_redirect", "herestring_redirect"}:
            redirects.append(_redirect(source, child))
        elif child.type in _WORDS:
            arguments.append(_word(source, child))
        elif not child.is_named:
            arguments.append(text_word(source, child))
        elif child.type != "comment":
            raise NotUnderstood(child.type)
    return Command(name, tuple(arguments), tuple(assignments), tuple(redirects), source.span(node))


def _declaration(source: Source, node: tree_sitter.Node) -> Command:
    keyword, *others = node.children
    assignments = tuple(_assignment(source, child) for child in others if child.type == "variable_assignment")
    bare = [child for child in others if child.type not in {"variable_assignment", "comment"}]
    names = tuple(_word(source, child) for child in bare)
    return Command(text_word(source, keyword), names, assignments, (), source.span(node))


def _assignments(source: Source, node: tree_sitter.Node) -> Command:
    children = node.children if node.type == "variable_assignments" else [node]
    return Command(None, (), tuple(_assignment(source, child) for child in children), (), source.span(node))


def _assignment(source: Source, node: tree_sitter.Node) -> Assignment:
    name, operator = node.children[0], node.children[1]
    value = node.child_by_field_name("value")
    append = operator.type == "+="
    if name.type != "variable_name" or (value is not None and value.type == "array"):
        # An element or an array: its value is not followed, but what stands in it is read and run.
        return Assignment(source.raw(name).partition("[")[0], _contents(source, node), append=True)
    if value is None:
        return Assignment(source.raw(name), ShellWord("", (), source.span(node)), append)
    return Assignment(source.raw(name), _word(source, value), append)


def _contents(source: Source, node: tree_sitter.Node) -> ShellWord:
    return ShellWord(source.raw(node), tuple(inner_parts(source, node, _script)), source.span(node))


def _redirect(source: Source, node: tree_sitter.Node) -> Redirect:
    operators = [child for child in node.children if not child.is_named]
    targets = [child for child in node.children if child.is_named and child.type != "file_descriptor"]
    if len(operators) != 1 or len(targets) > 1:
        raise NotUnderstood(node.type)
    return Redirect(operators[0].type, _word(source, targets[0]) if targets else None)


def _redirected(source: Source, node: tree_sitter.Node) -> Node:
    body = node.child_by_field_name("body")
    lowered = Command(None, (), (), (), source.span(node)) if body is None else _node(source, body)
    redirects: list[Redirect] = []
    following: list[tuple[str, Node]] = []
    for child in node.children:
        if child == body or child.type == "comment":
            continue
        if child.type == "heredoc_redirect":
            heredoc, more = _heredoc(source, child)
            redirects += heredoc
            following += more
        else:
            redirects.append(_redirect(source, child))
    return _followed(_with_redirects(lowered, tuple(redirects), source.span(node)), following, source.span(node))


def _with_redirects(body: Node, redirects: tuple[Redirect, ...], span: Span) -> Node:
    """Attach redirects to the last command, as the shell does: tree-sitter hangs them above a whole chain."""
    if isinstance(body, Command):
        return Command(body.name, body.arguments, body.assignments, body.redirects + redirects, span)
    return _at_end(body, lambda last: _with_redirects(last, redirects, span)) or Redirected(body, redirects, span)


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


def _heredoc(source: Source, node: tree_sitter.Node) -> tuple[list[Redirect], list[tuple[str, Node]]]:
    """Return the redirects of a here-document's line, and what follows on it: ``| x``, ``&& x``, ``|| x``."""
    redirects: list[Redirect] = []
    following: list[tuple[str, Node]] = []
    operator = ""
    for child in node.children:
        if child.type == "heredoc_body":
            redirects.append(Redirect("<<", _heredoc_text(source, child, node)))
        elif child.type in {"file_redirect", "herestring_redirect"}:
            redirects.append(_redirect(source, child))
        elif child.type == "pipeline":
            following += [("|", _node(source, command)) for command in child.children if command.is_named]
        elif child.type in {"&&", "||"}:
            operator = child.type
        elif operator and child.is_named and child.type in _LOWER:
            following.append((operator, _node(source, child)))
            operator = ""
        elif child.type not in {"<<", "<<-", "heredoc_start", "heredoc_end", "file_descriptor", "\n"}:
            raise NotUnderstood(child.type)
    return redirects, following


def _heredoc_text(source: Source, body: tree_sitter.Node, redirect: tree_sitter.Node) -> ShellWord:
    start = next(source.raw(child) for child in redirect.children if child.type == "heredoc_start")
    if start[:1] in {"'", '"', "\\"}:
        return text_word(source, body)
    if "`" in source.raw(body):
        raise NotUnderstood("backquotes in a here-document")
    return _contents(source, body) if body.children else text_word(source, body)


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
    words = tuple(_word(source, child) for child in node.children_by_field_name("value") if child.is_named)
    return For(source.raw(variable), words if given else None, body, source.span(node))


def _c_for(source: Source, node: tree_sitter.Node) -> Node:
    head = _test(source, node, {"do_group", "compound_statement"})
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
    patterns = [one for item in items for one in item.children_by_field_name("value") if one.is_named]
    arms = tuple(_statements(source, _arm(item)) for item in items)
    return Case(_word(source, word), tuple(_word(source, one) for one in patterns), arms, source.span(node))


def _arm(item: tree_sitter.Node) -> list[tree_sitter.Node]:
    opening = next(index for index, child in enumerate(item.children) if child.type == ")")
    return [child for child in item.children[opening + 1 :] if child.type not in {";;", ";&", ";;&"}]


def _function(source: Source, node: tree_sitter.Node) -> Node:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if name is None or body is None:
        raise NotUnderstood(node.type)
    redirects = tuple(_redirect(source, child) for child in node.children if child.type == "file_redirect")
    lowered = _node(source, body)
    return Function(
        source.raw(name),
        Redirected(lowered, redirects, source.span(node)) if redirects else lowered,
        source.span(node),
    )


def _test(source: Source, node: tree_sitter.Node, without: set[str] | None = None) -> Test:
    if any(child.type == "((" for child in node.children):
        parts = [child for child in node.children if child.is_named and child.type not in (without or set())]
        return Test(tuple(mentioned(source, child, _script) for child in parts), (), source.span(node))
    words: list[ShellWord] = []
    paths: list[ShellWord] = []
    _operands(source, node, words, paths)
    return Test(tuple(words), tuple(paths), source.span(node))


def _operands(source: Source, node: tree_sitter.Node, words: list[ShellWord], paths: list[ShellWord]) -> None:
    operators = {source.raw(child) for child in node.children if child.type == "test_operator" or not child.is_named}
    of_files = operators & (_FILE_COMPARISONS if node.type == "binary_expression" else _FILE_TESTS)
    for child in node.children:
        if child.type in _WORDS:
            word = _word(source, child)
            words.append(word)
            if of_files:
                paths.append(word)
        elif child.is_named and child.type not in {"test_operator", "comment"}:
            _operands(source, child, words, paths)


_LOWER = {
    "command": _command,
    "declaration_command": _declaration,
    "unset_command": _declaration,
    "variable_assignment": _assignments,
    "variable_assignments": _assignments,
    "redirected_statement": _redirected,
    "list": _chain,
    "pipeline": _pipeline,
    "negated_command": _negated,
    "subshell": _group,
    "compound_statement": _group,
    "test_command": _test,
    "if_statement": _if,
    "for_statement": _for,
    "c_style_for_statement": _c_for,
    "while_statement": _while,
    "case_statement": _case,
    "function_definition": _function,
}
