"""Analyses of small projects, for the tests of rules, passes and plan."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from layerwise.analysis import Analysis, Facts, analyse
from layerwise.ecosystems.sieve import Rewritten
from layerwise.graph.context import Context, Entry, Kind
from layerwise.graph.elsewhere import beside as other_dockerfiles
from layerwise.graph.ignore import IgnoreRules
from layerwise.graph.request import Request
from layerwise.model.arguments import ArgumentChange
from layerwise.model.change import Change
from layerwise.model.estimate import Estimator
from layerwise.model.priors import priors
from layerwise.model.scenarios import scenarios
from layerwise.model.timeline import Machine
from layerwise.passes.base import Pass, Proposal, Refusal
from layerwise.records import Basis
from layerwise.syntax.edit import apply
from layerwise.syntax.parser import parse

PYTHON = {"requirements.txt": "flask==3.0.0\nnumpy==1.26.4\n", "app/__init__.py": "", "app/main.py": "print()\n"}
OLDER = {"requirements.txt": tuple(f"flask==2.{minor}.0\nnumpy==1.26.4\n" for minor in range(3))}
"""What the requirements of ``PYTHON`` were before."""
PROJECT = {
    "pyproject.toml": '[build-system]\nrequires = ["setuptools>=77"]\nbuild-backend = "setuptools.build_meta"\n'
    '[project]\nname = "shop"\nversion = "1.0"\ndependencies = ["click"]\n'
    '[tool.setuptools]\npackages = ["app"]\n',
    "app/__init__.py": "",
    "app/main.py": "print()\n",
}
"""A project that setuptools builds and that says all in pyproject.toml."""
NODE = {
    "package.json": '{"name": "shop", "dependencies": {"express": "^4"}}',
    "package-lock.json": '{"lockfileVersion": 3, "packages": {"": {"dependencies": {"express": "^4"}}, '
    '"node_modules/express": {}}}',
    "src/index.js": "",
}


def analysis_of(
    text: str,
    files: Mapping[str, str] = PYTHON,
    commits: Iterable[Iterable[str]] = (("app/main.py",), ("src/index.js",), ("app/main.py",)),
    arguments: Mapping[str, float] | None = None,
    *,
    platforms: tuple[str, ...] = ("linux/amd64",),
    ignore: str = "",
    links: Mapping[str, str] | None = None,
    target: str | None = None,
    targets_built: frozenset[str] = frozenset(),
    other_builders: tuple[str, ...] = (),
    pushes: tuple[str, ...] = (),
    cold: tuple[str, ...] = (),
    beside: Mapping[str, str] | None = None,
    versions: Mapping[str, Sequence[str]] | None = None,
) -> Analysis:
    """Analyse ``text`` beside ``files``; each of ``commits`` names the files that one commit touched.

    ``arguments`` says on which share of builds an argument changes, ``beside`` which other Dockerfiles there are,
    ``versions`` what files held before today, the oldest first: from each to the next is one commit more.
    """
    shares = {"GIT_COMMIT": 1.0} if arguments is None else arguments
    always = frozenset(name for name, share in shares.items() if share >= 1)
    request = Request(
        context=Context.from_paths(
            {path: Entry(Kind.FILE, 0o644) for path in files}
            | {path: Entry(Kind.SYMLINK, 0o777, target=to) for path, to in (links or {}).items()},
            rules=IgnoreRules.parse(ignore),
            read=lambda path: files[path].encode() if path in files else None,
        ),
        target=target,
        platforms=platforms,
        build_platform="linux/amd64",
        build_args=dict.fromkeys(shares),
    )
    changes = tuple(Change(f"{number:040x}", frozenset(paths), always) for number, paths in enumerate(commits))
    changes += tuple(
        Change(f"{path} {number}", frozenset({path}), always, rewritten=(Rewritten(path, *pair),))
        for path, texts in (versions or {}).items()
        for number, pair in enumerate(pairwise((*texts, files[path])))
    )
    estimator = Estimator(
        priors(),
        Machine(2, priors().rates),
        "linux/amd64",
        {name: share for name, share in shares.items() if share < 1},
    )
    facts = Facts(
        request,
        estimator,
        changes,
        (),
        tuple(
            ArgumentChange(name, share, False, Basis.PREDICTED, (f"Makefile:1 passes {name}",))
            for name, share in shares.items()
        ),
        targets_built,
        other_builders,
        lambda: other_dockerfiles(beside or {}, (beside or {}).get, "Dockerfile", request),
        pushes,
        cold,
    )
    first = analyse(parse(text, "Dockerfile"), facts)
    named = scenarios(first.graphs, changes, always)
    return analyse(first.dockerfile, replace(facts, scenarios=named))


def proposed(module: Pass, analysis: Analysis) -> tuple[list[str], list[str]]:
    """Return the texts that a pass's proposals come to, and why it refuses others."""
    results = list(module.propose(analysis))
    texts = [apply(analysis.dockerfile, one.edits) for one in results if isinstance(one, Proposal)]
    return texts, [one.why for one in results if isinstance(one, Refusal)]
