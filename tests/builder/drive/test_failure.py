import pytest
from tests.builder.recorded import observed

from layerwise.builder.drive.failure import Fault, fault_of
from layerwise.builder.observed import Observed, Vertex
from layerwise.records import Ending, Outcome


def failing(name: str, error: str) -> Observed:
    vertex = Vertex(digest="sha256:1", name=name, outcome=Outcome.FAILED, error=error)
    return Observed(vertices=(vertex,), ending=Ending.FAILED, error=error)


REFUSED = 'failed to push localhost:1/x:1: failed to do request: Head "https://localhost:1/v2/": connection refused'

# As buildx 0.29.1 wrote them.
SAID = [
    (125, None, "unknown flag: --nope", Fault.USAGE),
    (1, None, "ERROR: docker: 'docker buildx build' requires 1 argument", Fault.USAGE),
    (1, None, 'ERROR: failed to build: unable to prepare context: path "/x" not found', Fault.USAGE),
    (1, None, 'ERROR: failed to build: invalid tag "A B": invalid reference format', Fault.USAGE),
    (1, None, "ERROR: failed to build: tag is needed when pushing to registry", Fault.USAGE),
    (1, None, 'ERROR: no builder "nob" found', Fault.ENGINE),
    (
        1,
        None,
        "ERROR: Cannot connect to the Docker daemon at unix:///nope. Is the docker daemon running?",
        Fault.ENGINE,
    ),
    (1, None, "ERROR: something that nobody has seen", Fault.ENGINE),
    (125, None, "unknown flag: --progress\n\nUsage:  docker [OPTIONS] COMMAND [ARG...]", Fault.ENGINE),
    (
        1,
        failing("[internal] load build definition from nope", "open nope: no such file or directory"),
        "ERROR: failed to build: failed to solve: failed to read dockerfile: open nope: no such file or directory",
        Fault.USAGE,
    ),
    (
        1,
        failing("[internal] load metadata for a:1", "no match for platform in manifest: not found"),
        "ERROR: failed to build: failed to solve: a:1: failed to resolve source metadata for a:1",
        Fault.BUILD,
    ),
    (1, failing("exporting to image", REFUSED), f"ERROR: failed to build: failed to solve: {REFUSED}", Fault.PUSH),
    (
        1,
        failing("exporting to image", "failed to push a/b: server message: insufficient_scope: authorization failed"),
        "ERROR: failed to build: failed to solve: failed to push a/b",
        Fault.DENIED,
    ),
    (
        1,
        failing("exporting to image", "failed to push a/b: unexpected status from HEAD request: 403 Forbidden"),
        "ERROR: failed to build: failed to solve: failed to push a/b",
        Fault.DENIED,
    ),
    (1, failing("exporting to oci image format", "no space left on device"), "ERROR: no space left", Fault.BUILD),
    (
        1,
        failing("[2/3] RUN curl example.org", "process did not complete successfully: exit code: 1"),
        "ERROR: failed to build: failed to solve: process did not complete: failed to do request",
        Fault.BUILD,
    ),
    (1, failing("exporting cache to s3", ""), 'ERROR: failed to solve: unknown cache exporter: "s3"', Fault.ENGINE),
]


@pytest.mark.parametrize(("code", "seen", "said", "fault"), SAID)
def test_whose_fault_it_is(code, seen, said, fault):
    assert fault_of(code, seen, [said]) is fault


def test_a_recorded_failure_is_the_build_s():
    assert fault_of(1, observed("failed"), []) is Fault.BUILD
