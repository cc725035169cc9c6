"""Says of each difference of two file systems whether a rule of the noise policy excuses it."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from layerwise.oci.image import Image
from layerwise.oci.layers.tree import Content, Directory, Inode, Kind, Node, Place
from layerwise.prove.compare_files import Found
from layerwise.prove.difference import Facet
from layerwise.prove.forms import FORMS, Form
from layerwise.prove.noise import Policy, Rule, RuleKind
from layerwise.prove.reading import Side
from layerwise.prove.reread import reread

_LARGEST = 1 << 25
"""Bytes of a file beyond which its form is not looked at."""
_SET_ID = 0o6000
_ANYTHING = frozenset({Facet.PRESENCE, Facet.CONTENT, Facet.HARD_LINK, Facet.MTIME})


@dataclass(frozen=True, slots=True)
class _Question:
    """Whether the contents at some places, one a side, have the same form.

    Attributes:
        index: Of the difference that hangs on it.
        rule: What excuses it then.
        form: That is asked for.
        places: Of each side, None where that side is not asked.
    """

    index: int
    rule: Rule
    form: Form
    places: tuple[Place | None, Place | None]


def excuses(found: Sequence[Found], policy: Policy, sides: tuple[Side, Side]) -> dict[int, Rule]:
    """Return the rule that excuses a difference, by its index in ``found``; those that are real are left out.

    Raises:
        ImageError: A layer can't be read again.
        EnvironmentMissing: As ``reading.read_sides``.
    """
    excused = dict(_anything(found, policy)) | dict(_stamps(found, policy))
    questions = (question for question in _questions(found, policy, sides) if question.index not in excused)
    excused |= _answered(questions, sides)
    return excused | _holders(found, policy, excused)


def _anything(found: Sequence[Found], policy: Policy) -> Iterator[tuple[int, Rule]]:
    for index, (difference, left, right) in enumerate(found):
        harmless = difference.facet is not Facet.PRESENCE or _harmless(left or right)
        if difference.facet in _ANYTHING and harmless and (rule := policy.about(difference.where, RuleKind.ANYTHING)):
            yield index, rule


def _stamps(found: Sequence[Found], policy: Policy) -> Iterator[tuple[int, Rule]]:
    """Yield bytecode that differs in nothing but the time of its source, which was noted as it was read."""
    for index, (difference, left, right) in enumerate(found):
        same = difference.facet is Facet.CONTENT and _digest(left) == _digest(right)
        if same and (rule := policy.about(difference.where, RuleKind.FORM)):
            yield index, rule


def _digest(node: Node | None) -> bytes | None:
    return node.body.digest if isinstance(node, Inode) and isinstance(node.body, Content) else None


def _harmless(node: Node | None) -> bool:
    return node is not None and node.kind in (Kind.FILE, Kind.DIRECTORY) and _plain(node)


def _plain(node: Node) -> bool:
    return not node.meta.mode & _SET_ID and not node.meta.xattrs


def _questions(found: Sequence[Found], policy: Policy, sides: tuple[Side, Side]) -> Iterator[_Question]:
    for index, one in enumerate(found):
        difference, left, right = one
        if difference.facet is Facet.CONTENT and (rule := policy.about(difference.where, RuleKind.FORM)):
            yield _Question(index, rule, FORMS[rule.form], (_place(left), _place(right)))
        elif difference.facet is Facet.PRESENCE and (rule := _bytecode(one, policy, sides)):
            yield _Question(index, rule, FORMS["stamped-bytecode"], (_place(left), _place(right)))


def _bytecode(found: Found, policy: Policy, sides: tuple[Side, Side]) -> Rule | None:
    """Return the rule about bytecode of one side whose source both sides have."""
    path = found.difference.where
    rule = policy.about(path, RuleKind.BYTECODE)
    return rule if rule and _harmless(found.left or found.right) and _same_source(path, sides) else None


def _place(node: Node | None) -> Place | None:
    return node.place if isinstance(node, Inode) else None


def _same_source(path: str, sides: tuple[Side, Side]) -> bool:
    """Whether both sides have the source of a .pyc, with the same content."""
    above, _, name = path.rpartition("/__pycache__/")
    sources = [side.tree.at(f"{above}/{name.partition('.')[0]}.py") for side in sides]
    contents = [source.body for source in sources if isinstance(source, Inode) and isinstance(source.body, Content)]
    return len(contents) == len(sides) and contents[0] == contents[1]


def _answered(questions: Iterable[_Question], sides: tuple[Side, Side]) -> Iterator[tuple[int, Rule]]:
    asked = tuple(questions)
    seen = [_forms(side.image, asked, number) for number, side in enumerate(sides)]
    for one in asked:
        places = ((number, place) for number, place in enumerate(one.places) if place is not None)
        forms = {seen[number].get((place, one.form)) for number, place in places}
        if len(forms) == 1 and None not in forms:
            yield one.index, one.rule


def _forms(image: Image, questions: Iterable[_Question], side: int) -> Mapping[tuple[Place, Form], bytes]:
    """Return a digest of the form that each question asks for, of the contents of one side."""
    wanted: defaultdict[Place, set[Form]] = defaultdict(set)
    for one in questions:
        if (place := one.places[side]) is not None:
            wanted[place].add(one.form)
    return {
        (place, form): hashlib.sha256(made).digest()
        for place, content in reread(image, wanted, _LARGEST)
        for form in wanted[place]
        if (made := form(content)) is not None
    }


def _holders(found: Sequence[Found], policy: Policy, excused: Mapping[int, Rule]) -> dict[int, Rule]:
    """Return the rules that excuse directories of one side, all of whose content is excused."""
    holders: dict[int, Rule] = {}
    full: set[str] = set()
    for index in range(len(found) - 1, -1, -1):
        difference, left, right = found[index]
        if difference.facet is Facet.PRESENCE and index not in excused:
            rule = policy.about(difference.where, RuleKind.HOLDER)
            node = left or right
            if rule and isinstance(node, Directory) and _plain(node) and difference.where not in full:
                holders[index] = rule
            else:
                full.add(difference.where.rpartition("/")[0])
    return holders
