"""Files a second of a whole analysis (parse, lower, price, rules), beside hadolint on the same files.

Seconds are those of the processor (user and system), so that what else the machine does counts for neither.
"""

import resource
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from layerwise.analysis import Facts, analyse
from layerwise.errors import DockerfileError
from layerwise.graph.context import Context
from layerwise.graph.request import Request
from layerwise.model.change import Change
from layerwise.model.estimate import Estimator
from layerwise.model.priors import priors
from layerwise.model.timeline import Machine
from layerwise.report.document import analyze_document
from layerwise.syntax.parser import read


def run(corpus: Sequence[Path]) -> None:
    """Print the rates of both and their ratio, each in one process over all files."""
    _analyzed(corpus[0])  # imports and tables are read once
    start = time.process_time()
    refused = sum(not _analyzed(path) for path in corpus)
    ours = len(corpus) / (time.process_time() - start)
    start = _children_s()
    subprocess.run(["hadolint", "--no-fail", *map(str, corpus)], check=False, capture_output=True)
    theirs = len(corpus) / (_children_s() - start)
    print(f"layerwise {ours:.0f} files/s ({refused} refused), hadolint {theirs:.0f} files/s", end=", ")
    print(f"ratio {ours / theirs:.1f} (goal 8)")


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _analyzed(path: Path) -> bool:
    """Analyse one file beside an empty context and a source change with a new commit argument."""
    request = Request(context=Context.from_paths(["src/main.py"]))
    estimator = Estimator(priors(), Machine(2, priors().rates), "linux/amd64")
    change = Change("code", files=frozenset({"src/main.py"}), arguments=frozenset({"GIT_COMMIT"}))
    try:
        analysis = analyse(read(path), Facts(request, estimator, (change,), (), ()))
    except DockerfileError:
        return False
    return bool(analyze_document(analysis))
