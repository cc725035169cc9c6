import pytest
from tests.builder.recorded import observed

from layerwise.builder.drive.failure import Fault, fault_of, full_place
from layerwise.builder.observed import Observed, Vertex
from layerwise.records import Ending, Outcome


def failing(name: str, error: str) -> Observed:
    return ended(name, Outcome.FAILED, Ending.FAILED, error)


def ended(name: str, outcome: Outcome, ending: Ending, error: str = "") -> Observed:
    vertex = Vertex(digest="sha256:1", name=name, outcome=outcome, error=error)
    return Observed(vertices=(vertex,), ending=ending, error=error)


REFUSED = 'failed to push localhost:1/x:1: failed to do request: Head "https://localhost:1/v2/": connection refused'

AWAY = (
    "failed to resolve source metadata for localhost:1/x:1: failed to do request: "
    'Head "http://localhost:1/v2/x/manifests/1": dial tcp 127.0.0.1:1: connect: connection refused'
)
RECEIVER = "error from receiver: context canceled"
DIFF = (
    "mount callback failed on /d/tmpmounts/1: failed to write compressed diff: failed to create diff tar stream: failed "
    "to copy: /d/tmpmounts/1/file: write /d/ingest/26be/data: no space left on device"
)

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
    (1, failing("[internal] load metadata for localhost:1/x:1", AWAY), f"ERROR: failed to solve: {AWAY}", Fault.BASE),
    (1, failing("[linux/arm64 made 1/2] FROM localhost:1/x:1", AWAY), f"ERROR: failed to solve: {AWAY}", Fault.BASE),
    (
        1,
        failing(
            "[internal] load metadata for a:1",
            "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://a: 503",
        ),
        "ERROR: failed to build: failed to solve: a:1: failed to resolve source metadata for a:1",
        Fault.BASE,
    ),
    (
        1,
        failing(
            "[internal] load metadata for a:1", "unexpected status from HEAD request to https://a: 401 Unauthorized"
        ),
        "ERROR: failed to build: failed to solve: a:1: failed to resolve source metadata for a:1",
        Fault.BASE,
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
    (
        1,
        failing("exporting to image", "failed to push localhost:1/a:1: unauthorized"),
        "ERROR: failed to build: failed to solve: failed to push localhost:1/a:1: unauthorized",
        Fault.DENIED,
    ),
    (1, failing("exporting to oci image format", "no space left on device"), "ERROR: no space left", Fault.BUILD),
    (
        1,
        failing("exporting to oci image format", "no space left on device"),
        "ERROR: failed to build: failed to solve: ResourceExhausted: rpc error: write /full/x.tar: no space left on device",
        Fault.FULL,
    ),
    (1, failing("exporting to client directory", RECEIVER), f"ERROR: failed to solve: {RECEIVER}", Fault.BUILD),
    (
        1,
        failing("[3/3] COPY file /file", "failed to copy files: write /file: no space left on device"),
        "ERROR: failed to solve: ResourceExhausted: failed to copy files: write /file: no space left on device",
        Fault.FULL,
    ),
    (
        1,
        failing("exporting to image", DIFF),
        f"ERROR: failed to build: failed to solve: {DIFF}",
        Fault.FULL,
    ),
    (
        1,
        failing("exporting to image", f"failed to push a/b: server message: {DIFF}"),
        "ERROR: failed to build: failed to solve: failed to push a/b",
        Fault.PUSH,
    ),
    (
        1,
        failing("[2/3] RUN echo no space left on device; exit 1", "process did not complete successfully"),
        'ERROR: failed to solve: process "echo no space left on device; exit 1" did not complete successfully: 1',
        Fault.BUILD,
    ),
    (1, None, "ERROR: write /full/.tmp-m.json1574947894: no space left on device", Fault.FULL),
    (
        1,
        ended("[1/1] COPY file /file", Outcome.EXECUTED, Ending.COMPLETED),
        "ERROR: writing image ID file: write /full/id: no space left on device",
        Fault.FULL,
    ),
    (
        1,
        failing("[2/3] RUN curl example.org", "process did not complete successfully: exit code: 1"),
        "ERROR: failed to build: failed to solve: process did not complete: failed to do request",
        Fault.BUILD,
    ),
    (
        1,
        ended("[2/2] RUN sleep 3", Outcome.CANCELLED, Ending.FAILED),
        "ERROR: failed to build: failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF",
        Fault.ENGINE,
    ),
    (
        1,
        failing("exporting to image", "Unavailable: error reading from server: EOF"),
        "ERROR: failed to build: failed to solve: Unavailable: error reading from server: EOF",
        Fault.ENGINE,
    ),
    (1, failing("exporting cache to s3", ""), 'ERROR: failed to solve: unknown cache exporter: "s3"', Fault.ENGINE),
]


@pytest.mark.parametrize(("code", "seen", "said", "fault"), SAID)
def test_whose_fault_it_is(code, seen, said, fault):
    assert fault_of(code, seen, [said]) is fault


def test_an_output_that_ends_without_a_reason_is_explained_by_a_full_disk_of_this_machine():
    seen, said = failing("exporting to client directory", RECEIVER), [f"ERROR: failed to solve: {RECEIVER}"]
    assert fault_of(1, seen, said, full=True) is Fault.FULL
    assert full_place(said) is None


def test_a_full_disk_is_named_by_what_could_not_be_written():
    assert full_place(["ERROR: write /full/x.tar: no space left on device"]) == "/full/x.tar"
    assert full_place([f"ERROR: failed to build: failed to solve: {DIFF}"]) == "/d/ingest/26be/data"
    assert full_place(["ERROR: failed to solve: no space left on device"]) == ""
    assert full_place(["ERROR: it failed", "#7 0.1 no space left on device"]) is None


def test_a_recorded_failure_is_the_build_s():
    assert fault_of(1, observed("failed"), []) is Fault.BUILD
