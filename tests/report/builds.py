"""Reports on the sample builds, and how they look on a terminal."""

import io
import json
from importlib.resources import files

import jsonschema
from rich.console import Console, RenderableType
from tests.summary.samples import NOW, past

from layerwise.records import BuildRecord
from layerwise.summary.overview import Report, report_of


def report(record: BuildRecord, earlier: tuple[BuildRecord, ...] | None = None, **rest: object) -> Report:
    """Return the report on a build after those of ``samples.past``."""
    return report_of(record, past() if earlier is None else earlier, {}, **({"mended": {}, "now": NOW} | rest))  # type: ignore[arg-type]


def screen(what: RenderableType, width: int = 120, encoding: str = "utf-8") -> str:
    """Return what a terminal shows."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="backslashreplace")
    console = Console(file=stream, width=width, highlight=False, color_system=None, legacy_windows=False)
    console.print(what, crop=False)
    stream.flush()
    text = stream.buffer.getvalue().decode()  # type: ignore[attr-defined]
    return "".join(f"{line.rstrip()}\n" for line in text.rstrip().split("\n"))


def valid(document: object) -> dict:
    """Return a document as a reader of its JSON gets it, checked against its schema."""
    found = json.loads(json.dumps(document))
    name = found["schema"].removeprefix("layerwise.").partition("/")[0]
    schema = json.loads(files("layerwise.report").joinpath(f"schemas/{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(found, schema)
    return found
