"""What each pass is built on: a project, the change that the pass is for, and both builds of it on the engine.

A pass adds its entry to `EXAMPLES`; `test_passes_built.py` and `python -m dev.passes_built` go through all of them.
"""

import re
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.analyses import PROJECT, PYTHON, analysis_of
from tests.docker.engine import Engine
from tests.pages import samples

from layerwise import catalogue
from layerwise.oci.places import read_images
from layerwise.passes import PASSES
from layerwise.passes.base import Proposal
from layerwise.prove.verdict import Standing, Verdict
from layerwise.prove.verify import verify
from layerwise.syntax.edit import apply

NONCE = "NONCE"
"""Stands in a change for a word that no build has met before, so that none is served from an earlier one's cache."""

_MODULES = dict(catalogue.by_name(*PASSES))
_FROM = re.compile(r"(?<=^FROM )((?:--platform=\S+ )?)(\w[\w./-]*:[\w.-]+)", re.MULTILINE)
_STAND_INS = {"node:22-slim": "node:20-slim", "node:22": "node:20"}


@dataclass(frozen=True, kw_only=True)
class Example:
    """A project, and one change to it.

    Attributes:
        pass_name: Whose proposal is built: the first one.
        scenario: What changes, as the table shows it.
        dockerfile: "" for the page's Before.
        files: The build context; what starts with `#!` may be executed.
        versions: What files held before, for what reads that from git's history.
        change: Files written before the second build.
        edit: Text of the Dockerfile, of both sides, and what replaces it before the second build.
        arguments: Build arguments of the first build and of the second.
        cold: Whether every RUN runs again in the second build; cache mounts stay as the first left them.
        equal: Whether the images of the first builds must be the same.
        faster: Whether the second build must take fewer seconds after the rewrite.
        platforms: Built for.
    """

    pass_name: str
    scenario: str
    dockerfile: str = ""
    files: Mapping[str, str] = field(default_factory=lambda: PYTHON)
    versions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    change: Mapping[str, str] = field(default_factory=dict)
    edit: tuple[str, str] = ("", "")
    arguments: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    cold: bool = False
    equal: bool = True
    faster: bool = True
    platforms: tuple[str, ...] = ("linux/amd64",)

    def __str__(self) -> str:
        return f"{self.pass_name}, {self.scenario}"


@dataclass(frozen=True)
class Built:
    """What building an example came to: seconds of the second builds, and the comparison of the first ones' images."""

    before_s: float
    after_s: float
    verdict: Verdict

    @property
    def real(self) -> tuple[str, ...]:
        """What really differs: where, and in what."""
        found = (one.difference for each in self.verdict.platforms for one in each.standing(Standing.REAL))
        return tuple(f"{one.where}: {one.facet.value}" for one in found)


def before(pass_name: str) -> str:
    """The page's Before."""
    return samples(_MODULES[pass_name])["Before"]


_SELDOM = "numpy==1.26.4\nscipy==1.13.1\nmatplotlib==3.10.3\n"
_ENVIRONMENT = """\
FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends tree
RUN python -m venv /opt/shop
COPY requirements.txt /tmp/
RUN /opt/shop/bin/pip install -r /tmp/requirements.txt
COPY app /app
"""
_LOCK = """\
{"name": "shop", "lockfileVersion": 3, "requires": true, "packages": {
  "": {"name": "shop", "dependencies": {"typescript": "5.4.5"}},
  "node_modules/typescript": {
    "version": "5.4.5",
    "integrity": "sha512-vcI4UpRgg81oIRUFwR0WSIHKt11nJ7SAVlYNIu+QpqeyXP+gpQJy/Z4+F0aGxSE4MqwjyXvW/TzgkLAx2AGHwQ==",
    "bin": {"tsc": "bin/tsc", "tsserver": "bin/tsserver"}
  }
}}
"""

EXAMPLES: tuple[Example, ...] = (
    Example(
        pass_name="context-filter",
        scenario="documentation",
        files={**PYTHON, "docs/guide.md": "0"},
        change={"docs/guide.md": NONCE},
        equal=False,
    ),
    Example(
        pass_name="context-filter",
        scenario="a source file beside 60,000 others",
        dockerfile="FROM python:3.12-slim\nCOPY *.txt /srv/\nCOPY app /srv/app\n",
        files={**PYTHON, **{f"data/{number // 100}/{number}": "" for number in range(60_000)}},
        change={"app/main.py": NONCE},
    ),
    Example(
        pass_name="late-args",
        scenario="another commit id",
        dockerfile=before("late-args").replace("ffmpeg", "tree"),
        files={"app/configure": "#!/bin/sh\necho $GIT_COMMIT >/app/commit\n"},
        arguments={"GIT_COMMIT": ("0", NONCE)},
    ),
    Example(pass_name="manifest-first", scenario="a source file", change={"app/main.py": f"print('{NONCE}')\n"}),
    Example(
        pass_name="names-first",
        scenario="a source file",
        files={**PROJECT, "README.md": "", "tests/test_main.py": "", ".git/HEAD": "0"},
        change={"app/main.py": f"print('{NONCE}')\n", ".git/HEAD": NONCE},
    ),
    Example(
        pass_name="split-package-managers",
        scenario="another Python package",
        dockerfile=before("split-package-managers").replace("libpq5", "tree"),
        edit=("pip install gunicorn", f"pip install --trusted-host={NONCE}.invalid gunicorn"),
    ),
    Example(
        pass_name="split-requirements",
        scenario="another requirement",
        files={"requirements.txt": f"flask==3.0.0\n{_SELDOM}", "app/main.py": "0"},
        versions={"requirements.txt": tuple(f"flask==2.{minor}.0\n{_SELDOM}" for minor in range(3))},
        change={"requirements.txt": f"flask==3.0.0\n{_SELDOM}# {NONCE}\n"},
    ),
    Example(
        pass_name="fetch-ahead",
        scenario="another system package",
        dockerfile=before("fetch-ahead").replace("ffmpeg", "tree"),
        files={"requirements.txt": "numpy==1.26.4\nmatplotlib==3.10.3\n", "app/main.py": "0"},
        edit=("RUN apt-get update", f"RUN echo {NONCE} && apt-get update"),
    ),
    Example(
        pass_name="copy-ownership",
        scenario="a source file",
        dockerfile=before("copy-ownership").replace("node:node", "1000:1000").replace("USER node", "USER 1000"),
        files={"package.json": "{}", "data/large": "0123456789abcdef" * 2_000_000, "src/index.js": "0"},
        change={"src/index.js": f"{NONCE}"},
    ),
    Example(
        pass_name="drop-repeat",
        scenario="another requirement",
        change={"requirements.txt": f"flask==3.0.0\nnumpy==1.26.4\n# {NONCE}\n"},
    ),
    Example(
        pass_name="link-copies",
        scenario="another system package",
        dockerfile=before("link-copies").replace("ffmpeg", "tree"),
        files={"app/large": "0123456789abcdef" * 2_000_000},
        edit=("RUN apt-get update", f"RUN echo {NONCE} && apt-get update"),
    ),
    Example(
        pass_name="frozen-install",
        scenario="nothing cached",
        files={
            "package.json": '{"name": "shop", "dependencies": {"typescript": "5.4.5"}}',
            "package-lock.json": _LOCK,
        },
        cold=True,
    ),
    Example(
        pass_name="tool-stage",
        scenario="another system package",
        dockerfile=before("tool-stage").replace("ffmpeg", "tree").replace("parcel@2.12.0", "sharp-cli@5.1.0"),
        edit=("RUN apt-get update", f"RUN echo {NONCE} && apt-get update"),
    ),
    Example(
        pass_name="tool-stage",
        scenario="nothing cached",
        dockerfile=before("tool-stage").replace("ffmpeg", "sox").replace("parcel@2.12.0", "sharp-cli@5.1.0"),
        cold=True,
    ),
    Example(
        pass_name="parallel-stages",
        scenario="another system package",
        dockerfile=_ENVIRONMENT,
        edit=("RUN apt-get update", f"RUN echo {NONCE} && apt-get update"),
    ),
    Example(
        pass_name="parallel-stages",
        scenario="nothing cached",
        dockerfile=before("parallel-stages").replace("ffmpeg", "sox"),
        files={
            "package.json": '{"name": "shop", "dependencies": {"typescript": "5.4.5"}}',
            "package-lock.json": _LOCK,
            "src/index.js": "",
        },
        cold=True,
    ),
    Example(
        pass_name="cache-mounts",
        scenario="one requirement more",
        change={"requirements.txt": f"{PYTHON['requirements.txt']}six==1.16.0\n# {NONCE}\n"},
        faster=False,  # it depends on the way to the index, and on whether that lets pip keep what it sends
    ),
    Example(
        pass_name="cache-mounts",
        scenario="one package more, docker-clean in place",
        dockerfile="FROM python:3.12-slim\nRUN apt-get update \\\n && apt-get install -y --no-install-recommends jq"
        " \\\n && rm -rf /var/lib/apt/lists/*\n",
        files={},
        edit=("-y", f"-y -o layerwise::nonce={NONCE} tree"),
    ),
    Example(
        pass_name="arch-guard",
        scenario="another binary",
        dockerfile="FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y --no-install-recommends curl\n"
        "COPY bin /srv/bin\nRUN curl -fsS file:///srv/bin/tool-x86_64 -o /usr/local/bin/tool"
        " \\\n && chmod +x /usr/local/bin/tool\n",
        files={"bin/tool-x86_64": "0123456789abcdef" * 4_000_000},
        change={"bin/tool-x86_64": f"{NONCE}89abcdef" * 2_000_000},
        platforms=("linux/amd64", "linux/arm64"),
        equal=False,
    ),
    Example(
        pass_name="native-build",
        scenario="a source file",
        files={
            "package.json": '{"name": "shop", "scripts": {"build": "tsc --outDir dist src/index.ts"}, '
            '"dependencies": {"typescript": "5.4.5"}}',
            "package-lock.json": _LOCK,
            "src/index.ts": "export const shop: string = 'open'\n",
        },
        change={"src/index.ts": f"export const shop: string = '{NONCE}'\n"},
        platforms=("linux/amd64", "linux/arm64"),
    ),
    Example(
        pass_name="drop-unused",
        scenario="nothing cached",
        dockerfile=before("drop-unused").replace("ffmpeg", "sox"),
        cold=True,
        equal=False,
    ),
    Example(
        pass_name="squash-runs",
        scenario="another system package",
        dockerfile=before("squash-runs").replace("ffmpeg", "sox"),
        edit=("RUN apt-get update", f"RUN echo {NONCE} && apt-get update"),
        faster=False,  # what it saves is bytes: the package lists in the layer
    ),
)


def build(example: Example, engine: Engine, directory: Path) -> Built:
    """Build both sides in `directory`: twice to compare their images, then once more each after the change."""
    text = example.dockerfile or before(example.pass_name)
    proposal = _proposal(example, text)
    dockerfile = analysis_of(text, example.files).dockerfile
    rewritten = apply(dockerfile, proposal.edits)
    roots = [directory / side for side in ("before", "after")]
    for root in roots:
        _write(root, example.files)
    if proposal.ignore is not None:
        (roots[1] / ".dockerignore").write_text(proposal.ignore)
    sides = [_on(engine, one) for one in (text, rewritten)]
    first = {name: values[0] for name, values in example.arguments.items()}
    archives = [directory / f"{root.name}.tar" for root in roots]
    for root, side, archive in zip(roots, sides, archives, strict=True):
        output = f"type=oci,dest={archive}"
        engine.build(root, dockerfile=side, platform=example.platforms, args=first, output=output)
    verdict = verify(*(read_images(f"oci-archive:{archive}") for archive in archives))
    rewritten_layers = all(platform.paths is not None for platform in verdict.platforms)
    elsewhere = proposal.ignore is not None or proposal.stage < len(dockerfile.stages) - 1
    assert rewritten_layers or elsewhere, "the layers are the same: no rewrite"
    seconds = [_changed(example, engine, root, side) for root, side in zip(roots, sides, strict=True)]
    return Built(seconds[0], seconds[1], verdict)


def selected(names: Sequence[str]) -> Iterable[Example]:
    """The examples of passes of these names; all of them for none."""
    return (one for one in EXAMPLES if not names or one.pass_name in names)


def _proposal(example: Example, text: str) -> Proposal:
    commits = (tuple(example.change),)
    arguments = dict.fromkeys(example.arguments, 1.0)
    facts = {"platforms": example.platforms, "versions": example.versions}
    analysis = analysis_of(text, example.files, commits, arguments, **facts)
    found = _MODULES[example.pass_name].propose(analysis)
    return next(one for one in found if isinstance(one, Proposal))


def _on(engine: Engine, text: str) -> str:
    """A Dockerfile on the base images that the engine has."""
    return _FROM.sub(lambda match: f"{match[1]}{engine.image(_STAND_INS.get(match[2], match[2]))}", text)


def _write(root: Path, files: Mapping[str, str]) -> None:
    root.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        if content.startswith("#!"):
            file.chmod(0o755)


def _changed(example: Example, engine: Engine, root: Path, text: str) -> float:
    nonce = uuid.uuid4().hex
    _write(root, {path: content.replace(NONCE, nonce) for path, content in example.change.items()})
    old, new = example.edit
    start = time.monotonic()
    engine.build(
        root,
        dockerfile=text.replace(old, new.replace(NONCE, nonce)) if old else text,
        platform=example.platforms,
        args={name: values[1].replace(NONCE, nonce) for name, values in example.arguments.items()},
        output="type=image,store=false",  # layers are made and compressed, and no image stays
        # part of the cache key of every RUN; --no-cache would empty cache mounts too
        extra=[f"--add-host={nonce}.layerwise.invalid:127.0.0.1"] if example.cold else [],
    )
    return time.monotonic() - start
