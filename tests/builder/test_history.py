import json
import math
from pathlib import Path

import pytest

from layerwise.builder.history import Span, remembered
from layerwise.builder.local_state import Reference
from layerwise.errors import BuilderError

ENDED = Reference("default", "default", "8mhq")
RUNNING = Reference("kube", "kube-0", "ji2p")
GONE = Reference("default", "default", "0000")
SAID = {
    ENDED: '{"Name": "a/D", "StartedAt": "2026-11-26T02:02:28.485781121Z", '
    '"CompletedAt": "2026-11-26T02:02:32.265229532Z", "Status": "error"}',
    RUNNING: '{"StartedAt": "2026-11-26T02:02:14.5Z", "Status": "running"}',
    GONE: "",
}


def test_builds_are_read_with_their_times():
    ended, running = remembered(SAID, SAID.__getitem__)
    assert ended.reference == ENDED
    assert ended.span.end_s - ended.span.start_s == pytest.approx(3.779448, abs=1e-5)
    assert running.reference == RUNNING
    assert running.span.end_s == math.inf


@pytest.mark.parametrize(
    ("context", "dockerfile", "path"),
    [
        ("/home/a/shop", "docker/Dockerfile", "/home/a/shop/docker/Dockerfile"),
        ("/home/a/shop", "/tmp/Dockerfile", "/tmp/Dockerfile"),
        ("/home/a/shop", "-", None),
        ("/home/a/shop", "", None),
        ("https://example.org/shop.git", "Dockerfile", None),
    ],
)
def test_where_the_dockerfile_lies(context, dockerfile, path):
    said = json.dumps({"StartedAt": "2026-11-26T02:02:14.5Z", "Context": context, "Dockerfile": dockerfile})
    (found,) = remembered([RUNNING], lambda _: said)
    assert found.dockerfile == (Path(path) if path else None)
    assert found.runs


def test_a_span_holds_its_ends():
    assert Span(1.0, 2.0).holds(1.0)
    assert Span(1.0, 2.0).holds(2.0)
    assert not Span(1.0, 2.0).holds(2.1)


@pytest.mark.parametrize("text", ["no json", '{"Name": "b"}', '{"StartedAt": "yesterday"}'])
def test_another_text_is_an_error(text):
    with pytest.raises(BuilderError, match="nothing that layerwise can read"):
        list(remembered([ENDED], lambda _: text))
