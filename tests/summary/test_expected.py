from layerwise.builder.names import StepName, step_name
from layerwise.builder.placing import Layout, layout
from layerwise.records import Execution
from layerwise.summary.expected import expected

PLACED = layout("FROM debian AS a\nRUN make\nCOPY . .\nFROM debian\nRUN true\n")
MAKE = PLACED.numbered("a", 2, "RUN make").key
COPY = PLACED.numbered("a", 3, "COPY . .").key


def name(text: str) -> StepName:
    found = step_name(text)
    assert found is not None
    return found


def ran(
    *seconds: float, emulated: bool | None = False, platform: str = "linux/arm64", key: str = MAKE
) -> tuple[Execution, ...]:
    return tuple(
        Execution(
            platform=platform, key=key, build=f"b{n}", started_at=None, duration_s=s, size_bytes=None, emulated=emulated
        )
        for n, s in enumerate(seconds)
    )


def test_a_step_is_expected_to_take_the_median_of_its_runs():
    of = expected(PLACED, {("linux/arm64", MAKE): ran(1.0, 5.0, 90.0)}, {"linux/arm64": "linux/arm64"})
    assert of("linux/arm64", name("[a 2/3] RUN make")) == 5.0
    assert of("linux/amd64", name("[a 2/3] RUN make")) is None
    assert of("linux/arm64", name("[stage-1 2/2] RUN true")) is None
    assert of("linux/arm64", name("[nowhere 2/2] RUN true")) is None


def test_what_ran_under_emulation_says_nothing_of_a_native_run():
    runs = {("linux/arm64", MAKE): (*ran(2.0, emulated=False), *ran(60.0, emulated=True))}
    assert expected(PLACED, runs, {"linux/arm64": "linux/arm64"})("linux/arm64", name("[a 2/3] RUN make")) == 2.0
    assert expected(PLACED, runs, {"linux/arm64": "linux/amd64"})("linux/arm64", name("[a 2/3] RUN make")) == 60.0
    assert expected(PLACED, runs, {})("linux/arm64", name("[a 2/3] RUN make")) == 31.0
    only_emulated = {("linux/arm64", MAKE): ran(60.0, emulated=True)}
    native = {"linux/arm64": "linux/arm64"}
    assert expected(PLACED, only_emulated, native)("linux/arm64", name("[a 2/3] RUN make")) is None


def test_a_copy_runs_nothing_whatever_its_platform():
    runs = {("linux/arm64", COPY): ran(3.0, emulated=False, key=COPY)}
    assert expected(PLACED, runs, {"linux/arm64": "linux/amd64"})("linux/arm64", name("[a 3/3] COPY . .")) == 3.0


def test_where_nobody_says_which_platform_it_is_the_only_one():
    one = {("linux/arm64", MAKE): ran(4.0)}
    assert expected(PLACED, one, {})("", name("[a 2/3] RUN make")) == 4.0
    two = {**one, ("linux/amd64", MAKE): ran(1.0, platform="linux/amd64")}
    assert expected(PLACED, two, {})("", name("[a 2/3] RUN make")) is None


def test_of_a_file_that_is_not_here_nothing_is_expected():
    assert expected(Layout(), {}, {})("linux/arm64", name("[a 2/3] RUN make")) is None
