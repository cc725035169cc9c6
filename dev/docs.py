"""Keeps the generated parts of the docs true: `python -m dev.docs --write`, or `--check`, which ends with 1.

Between `<!-- generated: NAME -->` and `<!-- end -->` of README.md and docs/*.md stands what the program itself says.
docs/passes and docs/rules hold the pages of `layerwise explain`, one a file.
"""

import argparse
import contextlib
import importlib
import inspect
import io
import json
import os
import re
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from unittest import mock

import click
import msgspec
from dev import proved_table, public_page, recorded
from dev.montage_history import plan_history, read_example, write_history

from layerwise import catalogue, errors
from layerwise.cli import main as cli
from layerwise.config import Config
from layerwise.config.keys import KEYS
from layerwise.model.priors import CommitShares, Rates, priors
from layerwise.passes import PASSES
from layerwise.records import BuildRecord
from layerwise.rules import RULES
from layerwise.store import open_store

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "layerwise"
DOCS = ROOT / "docs"
WIDTH = 100
SESSION = ("layerwise optimize --diff",)
RECORDED_SESSION = ("layerwise report ^2", "layerwise builds")
RECORDS = ROOT / "examples" / "montage.records.jsonl"

_UNSET = ("baseline", "passes.allow", "passes.off", "passes.only", "rules.off", "scenarios", "secret_names")
_BLOCK = re.compile(r"(<!-- generated: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main(argv: list[str]) -> int:
    """Write the generated parts, or say which are out of date."""
    parser = argparse.ArgumentParser(prog="python -m dev.docs", description=__doc__)
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--write", action="store_true")
    how.add_argument("--check", action="store_true")
    write = parser.parse_args(argv).write
    stale = list(outdated())
    for path, text in stale:
        print(f"{'wrote' if write else 'out of date'}: {path.relative_to(ROOT)}")
        if write:
            path.unlink() if text is None else _put(path, text)
    return int(bool(stale) and not write)


def outdated() -> Iterator[tuple[Path, str | None]]:
    """Yield each file that is not as it should be, with the text it should have, None where it should not be."""
    wanted: dict[Path, str | None] = {path: None for kind in ("passes", "rules") for path in (DOCS / kind).glob("*.md")}
    wanted.update(pages())
    for path in (ROOT / "README.md", *sorted(DOCS.glob("*.md"))):
        wanted[path] = _filled(path.read_text("utf-8"))
    for path, text in wanted.items():
        if text is None or not path.exists() or path.read_text("utf-8") != text:
            yield path, text


def pages() -> Iterator[tuple[Path, str]]:
    """Yield the page of each pass and rule, as `layerwise explain` prints it."""
    for kind, modules in (("passes", PASSES), ("rules", RULES)):
        for name, module in catalogue.by_name(*modules).items():
            yield DOCS / kind / f"{name}.md", f"# {name}\n\n{catalogue.page(module)}\n"


def passes() -> str:
    """The table of passes."""
    listed = catalogue.by_name(*PASSES).items()
    rows = ([_link("passes", name), catalogue.summary(module), f"`{module.SAFETY.value}`"] for name, module in listed)
    return _table(("pass", "does", "at its best"), rows)


def rules() -> str:
    """The table of rules."""
    listed = catalogue.by_name(*RULES).items()
    rows = (
        [_link("rules", name), catalogue.summary(module), f"`{one}`" if (one := module.MENDED_BY) else "its author"]
        for name, module in listed
    )
    return _table(("rule", "finds", "mended by"), rows)


def session() -> str:
    """What a user sees in the repository that dev/montage makes, on two cores of amd64."""
    with _montage() as place:
        return "\n\n".join(f"```console\n$ {command}\n{_said(command, place)}```" for command in SESSION)


def recorded_session() -> str:
    """What a user sees of the builds of examples/montage that `python -m dev.recorded` recorded, a day later."""
    records = _records()
    later = max(record.started_at or 0.0 for record in records) + 86_400
    with _montage() as place, mock.patch("layerwise.cli.report.time.time", return_value=later):
        _keep(records, place)
        return "\n\n".join(f"```console\n$ {words}\n{_said(words, place)}```" for words in RECORDED_SESSION)


def predicted() -> str:
    """What was predicted of the recorded builds, without and with a profile of the first two of them."""
    records = _records()
    platforms = records[0].platforms
    with _montage() as place, _machine():
        before = recorded.predictions(place, _store_of(place), platforms)
        _keep(records[: recorded.KNOWN], place)
        after = recorded.predictions(place, _store_of(place), platforms)
    measured = dict(zip(recorded.SCENARIOS, (record.wall_s or 0.0 for record in records), strict=True))
    return f"```text\n{recorded.errors(before, after, measured)}\n```"


def help_of_commands() -> str:
    """The help of each command."""
    parts = [f"```text\n{_help(cli.layerwise, 'layerwise')}```"]
    parts += [f"## {words}\n\n```text\n{_help(command, words)}```" for words, command in all_commands()]
    return "\n\n".join(parts)


def all_commands() -> Iterator[tuple[str, click.Command]]:
    """Yield each command as it is typed, those below another one too."""
    for name in cli.COMMANDS:
        command = cli.command_of(name)
        yield f"layerwise {name}", command
        for inner in command.commands.values() if isinstance(command, click.Group) else ():
            yield f"layerwise {name} {inner.name}", inner


def errors_of_ours() -> str:
    """The table of errors that are raised on purpose."""
    found = [one for one in vars(errors).values() if inspect.isclass(one) and issubclass(one, errors.LayerwiseError)]
    return _table(
        ("error", "means", "exit code"),
        (
            [f"`{one.__name__}`", _first(one.__doc__), "" if one is errors.LayerwiseError else str(one.exit_code)]
            for one in found
        ),
    )


def config_keys() -> str:
    """The table of the keys of layerwise.toml."""
    defaults = {field.name: getattr(Config(), field.name) for field in fields(Config)}
    rows = []
    for name, key in KEYS.items():
        value = defaults[key.attribute]
        unset = "none" if name in _UNSET else "found"
        rows.append([f"`{name}`", key.says, key.must_be, unset if value is None or value == () else f"`{value}`"])
    return _table(("key", "what", "must be", "default"), rows)


def work_priors() -> str:
    """The table of what a step costs where nobody measured it."""
    rows = (
        [
            f"`{kind}`",
            f"{prior.base_s:g}",
            f"{prior.package_s:g}",
            _megabytes(prior.base_bytes),
            _megabytes(prior.package_bytes),
            f"{prior.emulation:g}",
            prior.source,
        ]
        for kind, prior in priors().work.items()
    )
    return _table(("work", ">s", ">s a package", ">MB", ">MB a package", ">emulated", "source"), rows)


def rate_priors() -> str:
    """The table of the rates around steps, and of the typical mix of commits."""
    found = priors()
    rates = [field.name for field in fields(Rates) if field.name not in ("source", "compressed_share")]
    shares = [field.name for field in fields(CommitShares) if field.name != "source"]
    rows = [
        ["a build in which nothing runs", f"{found.fixed_s:g} s", "`build` in priors.toml"],
        ["a RUN's own overhead", f"{found.run_overhead_s:g} s", "`step` in priors.toml"],
        *([name, _rate(name, getattr(found.rates, name)), found.rates.source] for name in rates),
        ["compressed over plain bytes", f"{found.rates.compressed_share:g}", found.rates.source],
        ["compress to zstd, times as fast as to gzip", f"{found.zstd.faster:g}", found.zstd.source],
        *([f"commits: {name}", f"{getattr(found.commits, name):.1%}", found.commits.source] for name in shares),
    ]
    return _table(("what", ">figure", "source"), rows)


def _rate(name: str, figure: int) -> str:
    return f"{figure:,} files/s" if name.endswith("_files") else f"{figure / 1e6:g} MB/s"


def noise() -> str:
    """The rules of the noise policy, as its file has them."""
    rules = tomllib.loads((SOURCE / "prove" / "noise.toml").read_text("utf-8"))["rule"]
    rows = (
        [f"`{rule['name']}`", " ".join(f"`{path}`" for path in rule["paths"]), rule["writer"], rule["reason"]]
        for rule in rules
    )
    return _table(("rule", "paths", "written by", "why it means nothing"), rows)


def schemas() -> str:
    """The fields of each JSON document."""
    parts = []
    for path in sorted((SOURCE / "report" / "schemas").glob("*.json")):
        schema = json.loads(path.read_text("utf-8"))
        link = f"../{path.relative_to(ROOT).as_posix()}"
        parts.append(f"## {schema['title']}\n\nSchema: [{path.name}]({link})\n")
        parts.append(_table(("field", "type", "what"), _fields(schema, "")) + "\n")
    return "\n".join(parts).rstrip("\n")


def layers() -> str:
    """The layers of the import order, what each may import standing below it."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"][0]
    rows = []
    for layer in contract["layers"]:
        for name in layer.split(" | "):
            folder = (SOURCE / name).is_dir()
            rows.append(
                [f"`{name}{'/' if folder else '.py'}`", _first(importlib.import_module(f"layerwise.{name}").__doc__)]
            )
    return _table(("part", "what it is"), rows)


GENERATORS: Mapping[str, Callable[[], str]] = {
    "commands": help_of_commands,
    "config": config_keys,
    "errors": errors_of_ours,
    "layers": layers,
    "noise": noise,
    "passes": passes,
    "predicted": predicted,
    "public": public_page.measured,
    "public-differences": public_page.differences,
    "public-not-applied": public_page.not_applied,
    "public-stand-ins": public_page.stand_ins,
    "proved": proved_table.markdown,
    "rates": rate_priors,
    "recorded": recorded_session,
    "rules": rules,
    "schemas": schemas,
    "session": session,
    "work": work_priors,
}
"""What can stand between markers, by name."""


def _filled(text: str) -> str:
    return _BLOCK.sub(lambda block: f"{block[1]}{GENERATORS[block[2]]()}\n{block[3]}", text)


@contextlib.contextmanager
def _montage() -> Iterator[Path]:
    """Make the repository of the example for a while."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory) / "montage"
        write_history(plan_history(read_example(), 150), place)
        yield place


def _records() -> list[BuildRecord]:
    return [msgspec.json.decode(line, type=BuildRecord) for line in RECORDS.read_bytes().splitlines()]


def _keep(records: Iterable[BuildRecord], place: Path) -> None:
    """Put records into the store of a repository, as builds of it."""
    (place / "layerwise.toml").write_text('project = "montage"\n', "utf-8")
    with open_store(_store_of(place)) as store:
        for record in records:
            store.add(record)


@contextlib.contextmanager
def _machine() -> Iterator[None]:
    """Be a machine of two cores of amd64 for a while."""
    with (
        mock.patch("layerwise.project.os.cpu_count", return_value=2),
        mock.patch("layerwise.project.wanted._native_platform", return_value="linux/amd64"),
    ):
        yield


def _store_of(directory: Path) -> str:
    return f"sqlite:///{directory.resolve()}.db"


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _said(command: str, directory: Path) -> str:
    """Run a command in this process, on a machine of two cores of amd64, and give what it prints."""
    plain = {
        "NO_COLOR": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "LAYERWISE_STORE": _store_of(directory),  # nobody's recorded builds
    }
    output = io.StringIO()
    with (
        mock.patch.dict(os.environ, plain),
        _machine(),
        contextlib.chdir(directory),
        contextlib.redirect_stdout(output),
    ):
        os.environ.pop("FORCE_COLOR", None)
        code = cli.run(command.split()[1:])
    assert code == 0, f"{command} ended with {code}"
    return output.getvalue()


def _help(command: click.Command, name: str) -> str:
    settings = {"terminal_width": WIDTH, "max_content_width": WIDTH, "help_option_names": ["-h", "--help"]}
    return command.get_help(click.Context(command, info_name=name, **settings)) + "\n"


def _fields(schema: Mapping[str, object], above: str) -> Iterator[list[str]]:
    properties = schema.get("properties", {})
    assert isinstance(properties, dict)
    for name, value in properties.items():
        yield [f"`{above}{name}`", _type(value), value["description"]]
        inner = value.get("items", value)
        yield from _fields(inner, f"{above}{name}{'[]' if inner is not value else ''}.")


def _type(value: Mapping[str, object]) -> str:
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if isinstance(value.get("enum"), list):
        return " or ".join(f"`{one}`" for one in value["enum"])  # type: ignore[union-attr]
    kinds = value["type"]
    return " or ".join(kinds) if isinstance(kinds, list) else str(kinds)


def _link(kind: str, name: str) -> str:
    return f"[`{name}`](docs/{kind}/{name}.md)"


def _first(docstring: str | None) -> str:
    """Return the first paragraph of a docstring on one line, as Markdown."""
    return " ".join((docstring or "").partition("\n\n")[0].split()).replace("``", "`")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:g}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table; ``>`` before a heading aligns its column to the right."""
    names = list(head)
    lines = [_row(name.removeprefix(">") for name in names)]
    lines.append(f"|{'|'.join('---:' if name.startswith('>') else '---' for name in names)}|")
    return "\n".join([*lines, *(_row(row) for row in rows)])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
