"""Which steps a change makes run again: what layerwise predicts, what the table says and what BuildKit does agree."""

import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.docker.engine import Build, BuildFailed, Engine
from tests.docker.rawjson import Outcome

from layerwise.errors import DockerfileError
from layerwise.graph.context import read_context
from layerwise.graph.keys import missed
from layerwise.graph.lower import lower
from layerwise.graph.request import BaseConfig, Request
from layerwise.graph.vertex import Graph
from layerwise.model import change as model
from layerwise.model.rebuild import Rebuild
from layerwise.syntax.parser import parse

STEP = re.compile(r"\[(?:(?P<stage>[^\]\s]+) +)?(?P<number>\d+)/\d+\] (?!FROM |LINK )")


@dataclass(frozen=True)
class Inputs:
    """What one build is made from; `FROM base` means an image and one step that is in no other build."""

    root: Path
    image: str
    scope: str
    dockerfile: str
    args: Mapping[str, str] = field(default_factory=dict)
    platform: str = "linux/amd64"
    network: str = "default"

    @property
    def text(self) -> str:
        base = rf"FROM \g<1>{self.image}\g<2>\nRUN : {self.scope}"
        return re.sub(r"^FROM (--\S+ )?base\b(.*)$", base, self.dockerfile, flags=re.MULTILINE)

    def graph(self) -> Graph:
        (self.root / "Dockerfile").write_text(self.text)
        bases = {self.image: BaseConfig(workdir="/", user="")}
        request = Request(context=read_context(self.root), build_args=self.args, bases=bases, network=self.network)
        return lower(parse(self.text), request, self.platform)

    def build(self, engine: Engine) -> Build:
        (self.root / "Dockerfile").write_text(self.text)
        network = [f"--network={self.network}"]  # that of the engine fixture would be in every key
        return engine.build(self.root, args=self.args, platform=self.platform, extra=network)


Change = Callable[[Inputs], Inputs]


@dataclass(frozen=True)
class Case:
    """One change, and the steps it makes run again: `3` in a file of one stage, else `name:3`; 2 is the base's own."""

    name: str
    dockerfile: str
    change: Change
    runs: str
    files: Mapping[str, str] = field(default_factory=dict)
    args: Mapping[str, str] = field(default_factory=dict)


def rewrite(old: str, new: str) -> Change:
    def change(inputs: Inputs) -> Inputs:
        assert old in inputs.dockerfile, f"the case has no {old!r}"
        return replace(inputs, dockerfile=inputs.dockerfile.replace(old, new))

    return change


def arguments(**args: str) -> Change:
    return lambda inputs: replace(inputs, args=args)


def platform(name: str) -> Change:
    return lambda inputs: replace(inputs, platform=name)


def network(name: str) -> Change:
    return lambda inputs: replace(inputs, network=name)


def on_disk(act: Callable[[Path], object]) -> Change:
    def change(inputs: Inputs) -> Inputs:
        act(inputs.root)
        return inputs

    return change


def write(path: str, text: str) -> Change:
    return on_disk(lambda root: put(root, path, text))


def put(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    if text.startswith("-> "):
        relink(root / path, text.removeprefix("-> "))
    else:
        (root / path).write_text(text)


def relink(path: Path, target: str) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def nothing(inputs: Inputs) -> Inputs:
    return inputs


ONE_FILE = {"a": "1"}
TREE = {"d/a": "1", "d/b": "2", "e": "3"}
STAGES = "FROM base AS one\nCOPY a /a\nRUN cp /a /out\nFROM base AS two\nCOPY --from=one /out /out\nRUN true\n"

LINES = {"r": "a==1\nb==1\nc==1\n"}
SIEVE = (
    "FROM base AS one\nCOPY r /in/\nRUN sed -nE '/^(a|b)==[0-9A-Za-z.+!-]+$/p' /in/r > /kept\n"
    "FROM base\nRUN --mount=type=bind,from=one,source=/kept,target=/kept cat /kept\nCOPY r /r\nRUN cat /r\n"
)

# One case a line, so that the table can be read as one.
# fmt: off
CONTENT = (
    Case("nothing", "FROM base\nCOPY a /a\nRUN true\n", nothing, "", ONE_FILE),
    Case("content", "FROM base\nRUN true\nCOPY a /a\nRUN true\n", write("a", "2"), "4 5", ONE_FILE),
    Case("mode 644 to 755", "FROM base\nCOPY a /a\n", on_disk(lambda root: (root / "a").chmod(0o755)), "3", ONE_FILE),
    Case("modification time", "FROM base\nCOPY a /a\n", on_disk(lambda root: os.utime(root / "a", (0, 0))), "", ONE_FILE),
    Case("owner", "FROM base\nCOPY a /a\n", on_disk(lambda root: os.chown(root / "a", 12, 34)), "", ONE_FILE),
    Case("a rename in a directory", "FROM base\nCOPY d /d\n", on_disk(lambda root: (root / "d/a").rename(root / "d/c")), "3", TREE),
    Case("a new file", "FROM base\nCOPY d /d\n", write("d/c", ""), "3", TREE),
    Case("a file deleted", "FROM base\nCOPY d /d\n", on_disk(lambda root: (root / "d/b").unlink()), "3", TREE),
    Case("an empty directory", "FROM base\nCOPY d /d\n", on_disk(lambda root: (root / "d/new").mkdir()), "3", TREE),
    Case("a new link", "FROM base\nCOPY d /d\n", on_disk(lambda root: (root / "d/l").symlink_to("a")), "3", TREE),
    Case("a new file of a wildcard", "FROM base\nCOPY d/* /d/\n", write("d/c", ""), "3", TREE),
    Case("a new file past a wildcard", "FROM base\nCOPY d/a* /d/\n", write("d/c", ""), "", TREE),
    Case("a file that no COPY takes", "FROM base\nCOPY d /d\n", write("e", "4"), "", TREE),
    Case("an excluded file", "FROM base\nCOPY --exclude=b d /d\n", write("d/b", "4"), "", TREE),
    Case("an ignored file", "FROM base\nCOPY . /d\n", write("e", "4"), "", TREE | {".dockerignore": "e\nDockerfile\n"}),
    Case("an ignore file that lets more in", "FROM base\nCOPY d /d\n", write(".dockerignore", "d/a\n"), "3", TREE | {".dockerignore": "d/*\n"}),
    Case("an ignore file with the same effect", "FROM base\nCOPY d /d\n", write(".dockerignore", "# as before\nd/b\n"), "", TREE | {".dockerignore": "d/b\n"}),
    Case("a comment, the Dockerfile copied", "FROM base\n# 1\nCOPY . /d\nRUN true\n", rewrite("# 1", "# 2"), "3 4"),
    Case("a comment, the Dockerfile ignored", "FROM base\n# 1\nCOPY . /d\nRUN true\n", rewrite("# 1", "# 2"), "", {".dockerignore": "Dockerfile\n"}),
    Case("where a copied link leads", "FROM base\nCOPY l /l\n", write("l", "-> d/b"), "3", TREE | {"l": "-> d/a"}),
    Case("where a link in a directory leads", "FROM base\nCOPY d /d\n", write("d/l", "-> b"), "3", TREE | {"d/l": "-> a"}),
)

VARIABLES = (
    Case("a used argument", "FROM base\nARG X\nRUN : $X\n", arguments(X="2"), "3", args={"X": "1"}),
    Case("an unused argument", "FROM base\nRUN true\nARG X\nRUN true\n", arguments(X="2"), "4", args={"X": "1"}),
    Case("an argument without a value", "FROM base\nRUN true\n", rewrite("RUN true", "ARG X\nRUN true"), ""),
    Case("an argument moved below", "FROM base\nARG X=1\nRUN true\n", rewrite("ARG X=1\nRUN true", "RUN true\nARG X=1"), "3"),
    Case("an argument below", "FROM base\nRUN true\nARG X\n", arguments(X="2"), "", args={"X": "1"}),
    Case("an argument that is not declared", "FROM base\nRUN true\n", arguments(X="2"), "", args={"X": "1"}),
    Case("a default given as argument", "FROM base\nARG X=1\nRUN true\n", arguments(X="1"), ""),
    Case("an empty argument", "FROM base\nARG X\nRUN true\n", arguments(X=""), "3"),
    Case("a global argument of the same value", "ARG X=1\nFROM base\nARG X=1\nRUN true\n", rewrite("base\nARG X=1", "base\nARG X"), ""),
    Case("a global argument", "ARG X=1\nFROM base\nARG X\nRUN true\n", rewrite("ARG X=1", "ARG X=2"), "3"),
    Case("an argument turned into ENV", "FROM base\nARG X=1\nRUN true\n", rewrite("ARG", "ENV"), ""),
    Case("an argument that COPY uses", "FROM base\nARG X\nCOPY a /$X\n", arguments(X="2"), "3", ONE_FILE, {"X": "1"}),
    Case("an argument that COPY does not use", "FROM base\nARG X\nCOPY a /a\n", arguments(X="2"), "", ONE_FILE, {"X": "1"}),
    Case("a proxy that is not declared", "FROM base\nRUN true\n", arguments(HTTP_PROXY="http://proxy"), ""),
    Case("a proxy that is declared", "FROM base\nARG HTTP_PROXY\nRUN true\n", arguments(HTTP_PROXY="http://proxy"), "3"),
    Case("the order of ENV", "FROM base\nENV A=1\nENV B=2\nRUN true\n", rewrite("A=1\nENV B=2", "B=2\nENV A=1"), "3"),
    Case("two ENV lines merged", "FROM base\nENV A=1\nENV B=2\nRUN true\n", rewrite("A=1\nENV B=2", "A=1 B=2"), ""),
    Case("ENV in the legacy form", "FROM base\nENV A=1\nRUN true\n", rewrite("A=1", "A 1"), ""),
    Case("an ENV set again", "FROM base\nENV A=1 B=2\nRUN true\n", rewrite("RUN true", "ENV A=1\nRUN true"), "3"),
    Case("an ENV that nothing reads", "FROM base\nCOPY a /a\nENV A=1\nCOPY a /b\nRUN true\n", rewrite("A=1", "A=2"), "5", ONE_FILE),
    Case("an ENV from an argument", "FROM base\nARG X=1\nENV A=$X\nRUN true\n", arguments(X="2"), "3"),
    Case("quotes round a value", "FROM base\nENV A=1\nRUN true\n", rewrite("A=1", 'A="1"'), ""),
    Case("an argument over an ENV", "FROM base\nENV X=env\nARG X=1\nRUN true\n", rewrite("X=1", "X=2"), "3"),
    Case("an ENV over an argument", "FROM base\nARG X=1\nENV X=env\nRUN true\n", rewrite("X=1", "X=2"), ""),
    Case("the target's architecture declared", "FROM base\nRUN true\n", rewrite("RUN true", "ARG TARGETARCH\nRUN true"), "3"),
    Case("the target stage declared", "FROM base\nRUN true\n", rewrite("RUN true", "ARG TARGETSTAGE\nRUN true"), "3"),
    Case("an argument that only the builder reads", "FROM base\nARG BUILDKIT_SBOM_SCAN_STAGE=1\nRUN true\n", rewrite("=1", "=0"), ""),
    Case("a pattern in an ENV", "FROM base\nENV A=a.b\nENV B=${A%.*}\nRUN true\n", rewrite("${A%.*}", "a"), ""),
    Case("an argument of the stage below", "FROM base AS one\nARG X=1\nRUN true\nFROM one\nRUN true\n", arguments(X="2"), "one:3 stage-1:1"),
)

WORDING = (
    Case("a comment", "FROM base\n# 1\nRUN true\n", rewrite("# 1", "# 2"), ""),
    Case("a comment in a continuation", "FROM base\nRUN true \\\n# 1\n && true\n", rewrite("# 1", "# 2"), ""),
    Case("white space in a continuation", "FROM base\nRUN true \\\n  && true\n", rewrite("  &&", "   &&"), "3"),
    Case("lines joined", "FROM base\nRUN true \\\n && true\n", rewrite("true \\\n &&", "true  &&"), ""),
    Case("space after the keyword", "FROM base\nRUN true\n", rewrite("RUN true", "RUN    true"), ""),
    Case("the keyword in lower case", "FROM base\nRUN true\n", rewrite("RUN true", "run true"), ""),
    Case("the exec form of the shell form", "FROM base\nRUN true\n", rewrite("RUN true", 'RUN ["/bin/sh", "-c", "true"]'), ""),
    Case("a LABEL", "FROM base\nLABEL a=1\nRUN true\n", rewrite("a=1", "a=2"), ""),
    Case("EXPOSE and CMD", "FROM base\nRUN true\n", rewrite("RUN true", "EXPOSE 80\nCMD true\nRUN true"), ""),
    Case("ENTRYPOINT, VOLUME and HEALTHCHECK", "FROM base\nRUN true\n", rewrite("RUN", "ENTRYPOINT a\nVOLUME /v\nHEALTHCHECK NONE\nRUN"), ""),
    Case("USER", "FROM base\nRUN true\nCOPY a /a\n", rewrite("base\nR", "base\nUSER root\nR"), "3 4", ONE_FILE),
    Case("USER below", "FROM base\nRUN true\nUSER 12\nCOPY a /a\nRUN true\n", rewrite("USER 12", "USER 13"), "5", ONE_FILE),
    Case("USER and WORKDIR", "FROM base\nUSER 12\nWORKDIR /w\n", rewrite("USER 12", "USER 13"), "3"),
    Case("SHELL", 'FROM base\nCOPY a /a\nSHELL ["/bin/bash", "-c"]\nCOPY a /b\nRUN true\n', rewrite("bash", "sh"), "5", ONE_FILE),
    Case("WORKDIR", "FROM base\nWORKDIR /a\nRUN true\n", rewrite("/a", "/b"), "3 4"),
    Case("the same WORKDIR again", "FROM base\nWORKDIR /a\nRUN true\n", rewrite("RUN true", "WORKDIR /a\nRUN true"), "4 5"),
    Case("WORKDIR /", "FROM base\nRUN true\n", rewrite("RUN true", "WORKDIR /\nRUN true"), ""),
    Case("WORKDIR from a variable", "FROM base\nENV W=/a\nWORKDIR /a/b\n", rewrite("/a/b", "$W/b"), ""),
    Case("a relative WORKDIR", "FROM base\nWORKDIR /a\nWORKDIR b\nRUN true\n", rewrite("WORKDIR b", "WORKDIR /a/b"), ""),
    Case("the body of a here-document", "FROM base\nRUN <<E\ntrue\nE\n", rewrite("true\nE", ":\nE"), "3"),
    Case("the delimiter of a here-document", "FROM base\nRUN <<E\ntrue\nE\n", rewrite("E\ntrue\nE\n", "END\ntrue\nEND\n"), ""),
    Case("a comment in a here-document", "FROM base\nRUN <<E\n# 1\ntrue\nE\n", rewrite("# 1", "# 2"), "3"),
    Case("tabs cut from a here-document", "FROM base\nRUN <<E\ntrue\nE\n", rewrite("<<E\ntrue", "<<-E\n\ttrue"), ""),
    Case("a here-document in place of a command", "FROM base\nRUN true\n", rewrite("RUN true", "RUN <<E\ntrue\nE"), "3"),
    Case("the delimiter a command reads", "FROM base\nRUN cat <<E\nx\nE\n", rewrite("E\nx\nE\n", "F\nx\nF\n"), "3"),
    Case("the delimiter of a script", "FROM base\nRUN <<E\n#!/bin/sh\ntrue\nE\n", rewrite("E\n#!/bin/sh\ntrue\nE\n", "F\n#!/bin/sh\ntrue\nF\n"), "3"),
    Case("a step split", "FROM base\nRUN true && :\nRUN true\n", rewrite("true && :", "true\nRUN :"), "3 4 5"),
    Case("no network", "FROM base\nRUN true\n", rewrite("RUN true", "RUN --network=none true"), "3"),
    Case("the default network", "FROM base\nRUN true\n", rewrite("RUN true", "RUN --network=default true"), ""),
    Case("the network of the build", "FROM base\nCOPY a /a\nRUN true\n", network("none"), "2 3 4", ONE_FILE),
)

MOUNTS = (
    Case("a cache mount added", "FROM base\nRUN true\n", rewrite("RUN true", "RUN --mount=type=cache,target=/c true"), "3"),
    Case("a cache mount's target", "FROM base\nRUN --mount=type=cache,target=/c true\n", rewrite("=/c", "=/d"), "3"),
    Case("a cache mount's first id", "FROM base\nRUN --mount=type=cache,target=/c true\n", rewrite("=/c", "=/c,id=x"), "3"),
    Case("a cache mount's default id", "FROM base\nRUN --mount=type=cache,target=/c true\n", rewrite("=/c", "=/c,id=/c"), ""),
    Case("a cache mount's other id", "FROM base\nRUN --mount=type=cache,target=/c,id=x true\n", rewrite("id=x", "id=y"), ""),
    Case("a cache mount locked", "FROM base\nRUN --mount=type=cache,target=/c true\n", rewrite("=/c", "=/c,sharing=locked"), "3"),
    Case("a named cache mount locked", "FROM base\nRUN --mount=type=cache,target=/c,id=x true\n", rewrite("id=x", "id=x,sharing=locked"), ""),
    Case("a locked cache mount named", "FROM base\nRUN --mount=type=cache,target=/c,sharing=locked true\n", rewrite("=/c", "=/c,id=x"), ""),
    Case("a cache mount's owner", "FROM base\nRUN --mount=type=cache,target=/c,id=x true\n", rewrite("id=x", "id=x,uid=12"), "3"),
    Case("a cache mount below the working directory", "FROM base\nWORKDIR /w\nRUN --mount=type=cache,target=c true\n", rewrite("target=c", "target=/w/c"), "4"),
    Case("a cache mount made read-only", "FROM base\nRUN --mount=type=cache,target=/c,id=x true\n", rewrite("id=x", "id=x,ro"), "3"),
    Case("the namespace of cache mounts", "FROM base\nRUN --mount=type=cache,target=/c true\n", arguments(BUILDKIT_CACHE_MOUNT_NS="x"), "3"),
    Case("the namespace of named cache mounts", "FROM base\nRUN --mount=type=cache,target=/c,id=x true\n", arguments(BUILDKIT_CACHE_MOUNT_NS="x"), ""),
    Case("a secret mount added", "FROM base\nRUN true\n", rewrite("RUN true", "RUN --mount=type=secret,id=s true"), "3"),
    Case("a secret's id", "FROM base\nRUN --mount=type=secret,id=s true\n", rewrite("id=s", "id=t"), "3"),
    Case("a secret's default target", "FROM base\nRUN --mount=type=secret,id=s true\n", rewrite("id=s", "id=s,target=/run/secrets/s"), ""),
    Case("a secret in a variable", "FROM base\nRUN --mount=type=secret,id=s true\n", rewrite("id=s", "id=s,env=S"), "3"),
    Case("a tmpfs mount added", "FROM base\nRUN true\n", rewrite("RUN true", "RUN --mount=type=tmpfs,target=/t true"), "3"),
    Case("the mounted file", "FROM base\nRUN --mount=source=d/a,target=/m true\n", write("d/a", "4"), "3", TREE),
    Case("a file beside the mounted one", "FROM base\nRUN --mount=source=d/a,target=/m true\n", write("d/b", "4"), "", TREE),
    Case("the mounted file touched", "FROM base\nRUN --mount=source=d/a,target=/m true\n", on_disk(lambda root: os.utime(root / "d/a", (0, 0))), "", TREE),
    Case("a file of the mounted context", "FROM base\nRUN --mount=target=/m true\n", write("d/b", "4"), "3", TREE),
    Case("a writable mount", "FROM base\nRUN --mount=target=/m,rw true\n", write("e", "4"), "3", TREE),
    Case("a mount made writable", "FROM base\nRUN --mount=source=d,target=/m true\n", rewrite("target=/m", "target=/m,rw"), "3", TREE),
    Case(
        "the order of mounts",
        "FROM base\nRUN --mount=type=tmpfs,target=/t --mount=source=d,target=/m --mount=source=e,target=/e true\n",
        rewrite("--mount=type=tmpfs,target=/t --mount=source=d,target=/m --mount=source=e,target=/e", "--mount=source=e,target=/e --mount=source=d,target=/m --mount=type=tmpfs,target=/t"),
        "",
        TREE,
    ),
    Case("the order of a mount's fields", "FROM base\nRUN --mount=type=bind,source=d,target=/m true\n", rewrite("type=bind,source=d,target=/m", "target=/m,src=d"), "", TREE),
    Case("a mount's target from a variable", "FROM base\nENV T=/m\nRUN --mount=source=d,target=/m true\n", rewrite("target=/m", "target=$T"), "", TREE),
)

COPIES = (
    Case("the destination", "FROM base\nCOPY a /a\n", rewrite("/a", "/b"), "3", ONE_FILE),
    Case("a slash behind the destination", "FROM base\nCOPY a /x/a\n", rewrite("/x/a", "/x/"), "3", ONE_FILE),
    Case("a relative destination", "FROM base\nWORKDIR /w\nCOPY a /w/a\n", rewrite("/w/a", "a"), "", ONE_FILE),
    Case("the source written otherwise", "FROM base\nCOPY a /a\n", rewrite("COPY a", "COPY ./a"), "", ONE_FILE),
    Case("the root written otherwise", "FROM base\nCOPY . /d\n", rewrite("COPY .", "COPY /"), "", TREE | {".dockerignore": "Dockerfile\n"}),
    Case("a slash behind the source", "FROM base\nCOPY d /d\n", rewrite("COPY d", "COPY d/"), "", TREE),
    Case("the JSON form", "FROM base\nCOPY a /a\n", rewrite("COPY a /a", 'COPY ["a", "/a"]'), "", ONE_FILE),
    Case("a source renamed", "FROM base\nCOPY a /a\n", lambda inputs: rewrite("COPY a", "COPY b")(on_disk(lambda root: (root / "a").rename(root / "b"))(inputs)), "3", ONE_FILE),
    Case("the order of sources", "FROM base\nCOPY a b /x/\n", rewrite("a b", "b a"), "3", {"a": "1", "b": "2"}),
    Case("a wildcard in place of a name", "FROM base\nCOPY a /x/\n", rewrite("COPY a", "COPY a*"), "3", ONE_FILE),
    Case("ADD in place of COPY", "FROM base\nCOPY a /a\n", rewrite("COPY", "ADD"), "3", ONE_FILE),
    Case("--chown added", "FROM base\nCOPY a /a\n", rewrite("COPY", "COPY --chown=0:0"), "3", ONE_FILE),
    Case("--chown by name", "FROM base\nCOPY --chown=0:0 a /a\n", rewrite("0:0", "root:root"), "", ONE_FILE),
    Case("--chown without group", "FROM base\nCOPY --chown=0:0 a /a\n", rewrite("0:0", "0"), "3", ONE_FILE),
    Case("--chmod added", "FROM base\nCOPY a /a\n", rewrite("COPY", "COPY --chmod=644"), "3", ONE_FILE),
    Case("a source's mode under --chmod", "FROM base\nCOPY --chmod=644 a /a\n", on_disk(lambda root: (root / "a").chmod(0o755)), "3", ONE_FILE),
    Case("--exclude that matches nothing", "FROM base\nCOPY d /d\n", rewrite("COPY", "COPY --exclude=x"), "3", TREE),
    Case("--link added", "FROM base\nCOPY a /a\nRUN true\n", rewrite("COPY", "COPY --link"), "3 4", {"a": "SCOPE"}),
    Case("the parent of a --link copy", "FROM base\nRUN :\nCOPY --link a /a\nRUN true\n", rewrite("RUN :", "RUN true"), "3 5", {"a": "SCOPE"}),
    Case("the parent of --link with --chmod", "FROM base\nRUN :\nCOPY --link --chmod=644 a /a\n", rewrite("RUN :", "RUN true"), "3 4", {"a": "SCOPE"}),
    Case("the file of a --link copy", "FROM base\nCOPY --link a /a\nRUN true\n", write("a", uuid.uuid4().hex), "3 4", {"a": "SCOPE"}),
    Case("--link=false", "FROM base\nCOPY a /a\n", rewrite("COPY", "COPY --link=false"), "", ONE_FILE),
    Case("the user of the stage", "FROM base\nUSER 12\nCOPY a /a\n", rewrite("USER 12", "USER 13"), "", ONE_FILE),
    Case("a here-document's body", "FROM base\nCOPY <<E /e\n1\nE\n", rewrite("1\nE", "2\nE"), "3"),
    Case("a here-document's delimiter", "FROM base\nCOPY <<E /e\n1\nE\n", rewrite("E /e\n1\nE", "F /e\n1\nF"), "3"),
    Case("an argument in a here-document", "FROM base\nARG X\nCOPY <<E /e\n$X\nE\n", arguments(X="2"), "3", args={"X": "1"}),
    Case("an argument in a quoted here-document", "FROM base\nARG X\nCOPY <<'E' /e\n$X\nE\n", arguments(X="2"), "", args={"X": "1"}),
    Case("an apostrophe in a here-document", "FROM base\nARG X=1\nCOPY <<E /e\ndon't $X\nE\n", arguments(X="2"), "3"),
)

BETWEEN_STAGES = (
    Case("a stage renamed", STAGES, rewrite("one", "uno"), "", ONE_FILE),
    Case("a stage by its index", STAGES, rewrite("--from=one", "--from=0"), "", ONE_FILE),
    Case("a stage by its name in capitals", STAGES, rewrite("--from=one", "--from=ONE"), "", ONE_FILE),
    Case("another path of a stage", STAGES, rewrite("/out /out", "/a /out"), "two:3 two:4", ONE_FILE),
    Case("what a stage makes", STAGES, write("a", "2"), "one:3 one:4 two:3 two:4", ONE_FILE),
    Case("an unused stage", STAGES + "FROM base AS three\nCOPY --from=two /out /o\n", rewrite("FROM base AS three", "FROM base AS other\nRUN false\nFROM base AS three"), "", ONE_FILE),
    Case("a stage that starts from another", "FROM base AS one\nRUN :\nFROM one\nRUN true\n", rewrite("RUN :", "RUN true"), "one:3 stage-1:1"),
    Case("a mounted stage", "FROM base AS one\nCOPY a /a\nFROM base\nRUN --mount=from=one,target=/m true\n", write("a", "2"), "one:3 stage-1:3", ONE_FILE),
    Case("a copy from scratch", "FROM scratch AS one\nCOPY a /a\nFROM base\nCOPY --from=one /a /a\n", write("a", uuid.uuid4().hex), "one:1 stage-1:3", {"a": "SCOPE"}),
    Case("the name of an image's stage", "FROM base AS one\nRUN :\n", rewrite(" AS one", " AS two"), ""),
    Case("a trigger of a stage", "FROM base AS one\nONBUILD RUN :\nRUN true\nFROM one\nRUN true\n", rewrite("ONBUILD RUN :", "ONBUILD RUN true"), "stage-1:1 stage-1:2"),
)

SIEVES = (
    Case("another line than those kept", SIEVE, write("r", "a==1\nb==1\nc==2\nd==1\n"), "one:3 one:4 stage-1:4 stage-1:5", LINES),
    Case("a line that is kept", SIEVE, write("r", "a==2\nb==1\nc==1\n"), "one:3 one:4 stage-1:3 stage-1:4 stage-1:5", LINES),
    Case("a kept line written otherwise", SIEVE, write("r", "a==1 # why\nb==1\nc==1\n"), "one:3 one:4 stage-1:3 stage-1:4 stage-1:5", LINES),
    Case("a kept line gone", SIEVE, write("r", "a==1\nc==1\n"), "one:3 one:4 stage-1:3 stage-1:4 stage-1:5", LINES),
    Case("every kept line gone", SIEVE, write("r", "c==1\n"), "one:3 one:4 stage-1:3 stage-1:4 stage-1:5", LINES),
    Case("kept lines in another order", SIEVE, write("r", "b==1\na==1\nc==1\n"), "one:3 one:4 stage-1:3 stage-1:4 stage-1:5", LINES),
    Case("another line between kept ones", SIEVE, write("r", "# one\na==1\n\nb==1\n"), "one:3 one:4 stage-1:4 stage-1:5", LINES),
    Case("the end of the last line", SIEVE, write("r", "c==1\na==1\nb==1"), "one:3 one:4 stage-1:3 stage-1:4 stage-1:5", {"r": "c==1\na==1\nb==1\n"}),
    Case("the mode of a file of which lines are kept", SIEVE, on_disk(lambda root: (root / "r").chmod(0o755)), "one:3 one:4 stage-1:4 stage-1:5", LINES),
    Case("another way to keep the same lines", SIEVE, rewrite("a|b", "b|a"), "one:4", LINES),
)

PLATFORMS = (
    Case("the platform, on the build platform", "FROM --platform=$BUILDPLATFORM base\nCOPY a /a\nRUN true\n", platform("linux/arm64"), "", ONE_FILE),
    Case("the platform, once it is declared", "FROM --platform=$BUILDPLATFORM base\nCOPY a /a\nRUN true\nARG TARGETARCH\nRUN true\n", platform("linux/arm64"), "5", ONE_FILE),
)

# fmt: on

CASES = (*CONTENT, *VARIABLES, *WORDING, *MOUNTS, *COPIES, *BETWEEN_STAGES, *SIEVES, *PLATFORMS)

UNTOLD = (
    Case(
        "a stage that makes the same as before",
        "FROM base AS one\nRUN echo >/out\nFROM base AS two\nCOPY --from=one /out /out\nRUN true\n",
        rewrite("RUN echo >/out", "RUN : && echo >/out"),
        "one:3",
    ),
    Case(
        "another file of a stage",
        "FROM base AS one\nCOPY d /d\nFROM base AS two\nCOPY --from=one /d/a /a\nRUN true\n",
        write("d/b", "4"),
        "one:3",
        TREE,
    ),
    Case(
        "a mounted stage that makes the same as before",
        "FROM base AS one\nRUN echo >/out\nFROM base\nRUN --mount=from=one,source=/out,target=/m true\n",
        rewrite("RUN echo >/out", "RUN : && echo >/out"),
        "one:3",
    ),
)
"""What a stage makes is not known before it runs, and that alone counts for what copies from it."""

BESIDE = (
    "FROM base AS one\nRUN mkdir /out && echo >/out/x\nCOPY d /d\nWORKDIR /d\n"
    "FROM base AS two\nCOPY --from=one /out /out\nRUN true\n"
)
MOUNTED = BESIDE.replace("COPY --from=one /out /out\nRUN", "RUN --mount=from=one,source=/out,target=/m")

# fmt: off
ASIDE = (
    Case("a file aside", BESIDE, write("d/a", "4"), "one:4 one:5", TREE),
    Case("a new file aside", BESIDE, write("d/c", "4"), "one:4 one:5", TREE),
    Case("a file aside that goes", BESIDE, on_disk(lambda root: (root / "d/b").unlink()), "one:4 one:5", TREE),
    Case("a file aside of a mount", MOUNTED, write("d/a", "4"), "one:4 one:5", TREE),
    Case("one file of the directory that is taken", BESIDE.replace("/out /out", "/d/a /a"), write("d/a", "4"), "one:4 one:5 two:3 two:4", TREE),
    Case("another file of that directory", BESIDE.replace("/out /out", "/d/a /a"), write("d/b", "4"), "one:4 one:5", TREE),
    Case("a file aside, and a command that writes elsewhere", BESIDE.replace("WORKDIR /d", "RUN rm -f /d/b"), write("d/a", "4"), "one:4 one:5", TREE),
    Case("a file that lands in it", BESIDE.replace("COPY d /d", "COPY d /out/d"), write("d/a", "4"), "one:4 one:5 two:3 two:4", TREE),
)
# fmt: on
"""Changes of files that a COPY puts aside of what a later step takes of its stage, or not."""

OVERLOOKED = (
    Case("a directory's mode", "FROM base\nCOPY d /d\n", on_disk(lambda root: (root / "d").chmod(0o700)), "3", TREE),
    Case(
        "content of the same size and time",
        "FROM base\nCOPY a /a\n",
        on_disk(lambda root: replaced(root / "a", "2")),
        "3",
        ONE_FILE,
    ),
)
"""Told of changed sizes and times only, a builder that still holds the last context may see no change."""


def replaced(path: Path, text: str) -> None:
    status = path.stat()
    path.write_text(text)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def prepared(case: Case, engine: Engine, root: Path) -> Inputs:
    scope = uuid.uuid4().hex
    root.mkdir()
    for path, text in case.files.items():
        put(root, path, text.replace("SCOPE", scope))
    return Inputs(root, engine.image("debian:bookworm-slim"), scope, case.dockerfile, case.args)


def compared(case: Case, engine: Engine, root: Path) -> tuple[set[str], set[str]]:
    """Build before and after; return the steps that ran the second time and those that layerwise names."""
    before = prepared(case, engine, root / "context")
    before.build(engine)
    # contents are read when keys are compared, so the first graph gets a context that stays as it was
    old = replace(before, root=shutil.copytree(before.root, root / "before", symlinks=True)).graph()
    after = case.change(before)
    new = after.graph()
    vertices = after.build(engine).vertices
    executed = {vertex.name for vertex in vertices if vertex.outcome is Outcome.EXECUTED and STEP.match(vertex.name)}
    return together(new, {step_id(name, new) for name in executed}), {step.id for step in missed(old, new)}


def together(graph: Graph, ids: set[str]) -> set[str]:
    """Add the steps of other stages that are one vertex with a given one: BuildKit shows it under one name."""
    digests = {graph.step(each).digest for each in ids}
    return {step.id for step in graph if step.digest in digests}


def step_id(name: str, graph: Graph) -> str:
    match = STEP.match(name)
    assert match, name
    return f"{match['stage'] or graph.steps[-1].stage}:{match['number']}"


def expected(case: Case) -> set[str]:
    return {run if ":" in run else f"stage-0:{run}" for run in case.runs.split()}


Comparisons = Mapping[str, Future[tuple[set[str], set[str]]]]


@pytest.fixture(scope="module")
def comparisons(
    engine: Engine, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Comparisons]:
    """The comparison of each case that was selected, four at a time."""
    selected = [item.callspec.params["case"] for item in request.session.items if "comparisons" in item.fixturenames]
    with ThreadPoolExecutor(4) as pool:
        yield {case.name: pool.submit(compared, case, engine, tmp_path_factory.mktemp("case")) for case in selected}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_steps_that_run_after_a_change_are_those_predicted(case: Case, comparisons: Comparisons) -> None:
    assert comparisons[case.name].result() == (expected(case), expected(case))


@pytest.mark.parametrize("case", UNTOLD, ids=lambda case: case.name)
def test_of_what_depends_on_a_stages_files_more_is_predicted_to_run(case: Case, comparisons: Comparisons) -> None:
    ran, predicted = comparisons[case.name].result()
    assert ran == expected(case)
    assert ran < predicted


@pytest.mark.parametrize("case", ASIDE, ids=lambda case: case.name)
def test_what_a_copy_puts_aside_stops_where_the_stage_is_taken_from(
    case: Case, comparisons: Comparisons, engine: Engine, tmp_path: Path
) -> None:
    ran, _ = comparisons[case.name].result()
    assert ran == expected(case)
    before = prepared(case, engine, tmp_path / "context")
    graph, old = before.graph(), contents(before.root)
    case.change(before)
    new = contents(before.root)
    changed = {path for path in old | new if old.get(path) != new.get(path)}
    change = model.Change("", frozenset(changed), renamed=frozenset(old.keys() ^ new.keys()))
    predicted = Rebuild().steps(graph, change)
    assert predicted == ran


def contents(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("case", OVERLOOKED, ids=lambda case: case.name)
def test_what_the_builder_may_overlook_is_predicted_to_run(case: Case, comparisons: Comparisons) -> None:
    ran, predicted = comparisons[case.name].result()
    assert ran <= predicted == expected(case)


class Bases:
    """Images that a test pushes under one name, and builds upon."""

    def __init__(self, engine: Engine, root: Path) -> None:
        if not engine.registry:
            pytest.skip("the engine that was reachable has no registry to push to")
        self.engine = engine
        self.root = root
        self.name = engine.image(f"tests/{uuid.uuid4().hex}:1")
        self.config = BaseConfig(workdir="/", user="")
        self.context = Inputs(root, self.name, uuid.uuid4().hex, "")

    def push(self, dockerfile: str, name: str = "") -> None:
        text = replace(self.context, image=self.engine.image("debian:bookworm-slim"), dockerfile=dockerfile).text
        text = text.replace("RUN : ", "RUN >/scope echo ")  # a layer of its own: an empty one is found again
        output = f"type=image,name={name or self.name},push=true,store=false"
        self.engine.build(self.root, dockerfile=text, output=output, extra=["--provenance=false"])

    def build(self, dockerfile: str, **config: tuple[str, ...]) -> tuple[set[str], Graph]:
        """Build upon the image; return the steps that ran, and the graph with the digest that BuildKit found."""
        vertices = self.engine.build(self.root, dockerfile=dockerfile, extra=["--network=default"]).vertices
        digest = next(
            match[1] for vertex in vertices if (match := re.search(r"1/\d+\] FROM .*@(sha256:\w+)", vertex.name))
        )
        reference = dockerfile.split()[1]
        bases = {reference: replace(self.config, digest=digest, **config)}
        graph = lower(parse(dockerfile), Request(context=read_context(self.root), bases=bases), "linux/amd64")
        executed = {
            vertex.name for vertex in vertices if vertex.outcome is Outcome.EXECUTED and STEP.match(vertex.name)
        }
        return {step_id(name, graph) for name in executed}, graph


@pytest.fixture
def bases(engine: Engine, tmp_path: Path) -> Bases:
    put(tmp_path, "a", "1")
    return Bases(engine, tmp_path)


def test_a_changed_base_runs_all_that_stands_on_it(bases: Bases) -> None:
    dockerfile = f"FROM {bases.name}\nCOPY a /a\nRUN true\n"
    bases.push("FROM base\nRUN echo 1 >/f\n")
    _, before = bases.build(dockerfile)
    bases.push("FROM base\nRUN echo 2 >/f\n")
    ran, after = bases.build(dockerfile)
    assert ran == {"stage-0:2", "stage-0:3"}
    assert {step.id for step in missed(before, after)} == ran


def test_another_tag_of_the_same_base_runs_nothing(bases: Bases) -> None:
    bases.push("FROM base\n")
    _, before = bases.build(f"FROM {bases.name}\nRUN true\n")
    bases.push("FROM base\n", f"{bases.name}.1")
    ran, after = bases.build(f"FROM {bases.name}.1\nRUN true\n")
    assert (ran, missed(before, after)) == (set(), ())


def test_a_base_with_other_settings_but_the_same_layers_may_run_nothing(bases: Bases) -> None:
    dockerfile = f"FROM {bases.name}\nRUN true\n"
    bases.push("FROM base\nLABEL a=1\n")
    _, before = bases.build(dockerfile)
    bases.push("FROM base\nLABEL a=2\n")
    ran, after = bases.build(dockerfile)
    assert ran == set()  # the first build on a base keeps its steps under the digests of the layers too
    assert {step.id for step in missed(before, after)} == {"stage-0:2"}


def test_the_triggers_of_a_base_run_as_its_childrens_steps(bases: Bases) -> None:
    dockerfile = f"FROM {bases.name}\nRUN true\n"
    triggers = ("ARG X=1", "WORKDIR /w", "COPY a b", "RUN cat b")
    bases.push("FROM base\n" + "".join(f"ONBUILD {trigger}\n" for trigger in triggers))
    first, _ = bases.build(dockerfile)
    put(bases.root, "a", "2")
    ran, after = bases.build(dockerfile, triggers=triggers)
    assert first == {step.id for step in after} - {"stage-0:1"} == {f"stage-0:{number}" for number in (2, 3, 4, 5)}
    assert ran == {"stage-0:3", "stage-0:4", "stage-0:5"}


@pytest.mark.parametrize(
    ("dockerfile", "why"),
    [
        ("FROM base AS one\nFROM base AS two\nCOPY --from=one / /\nFROM base AS one\nFROM two\n", "cannot copy from"),
        ("FROM base AS one\nRUN --mount=from=two,target=/m true\nFROM base AS two\nFROM one\n", "cannot mount from"),
        ("FROM base\nCOPY --from=5 / /\n", "invalid stage index 5"),
        ("FROM base\nARG X=a\nCOPY --from=$X / /\n", "variable expansion is not supported"),
        ("FROM base\nCOPY ${X:?unset} /\n", "unset"),
    ],
)
def test_what_is_refused_here_is_refused_by_the_engine(
    engine: Engine, tmp_path: Path, dockerfile: str, why: str
) -> None:
    inputs = Inputs(tmp_path, engine.image("debian:bookworm-slim"), "refused", dockerfile)
    with pytest.raises(DockerfileError):
        inputs.graph()
    with pytest.raises(BuildFailed, match=why):
        inputs.build(engine)
