import re
from dataclasses import replace
from xml.etree import ElementTree as ET

from hypothesis import given
from tests.report.bench_strategies import MARKUP, benches
from tests.report.benches import AMD64, ARM64, bench, figure, montage, row

from layerwise.prove.bench.result import Bench
from layerwise.report.bench_svg import bench_svg

SVG = "{http://www.w3.org/2000/svg}"


def read(made: Bench) -> ET.Element:
    return ET.fromstring(bench_svg(made).encode())


def bars(made: Bench, style: str) -> list[float]:
    found = [one for one in read(made).iter(f"{SVG}rect") if one.get("class") == f"lw-{style}"]
    return [float(one.get("width")) for one in found if float(one.get("height")) == 14]


def words(made: Bench) -> list[str]:
    return [one.text or "" for one in read(made).iter(f"{SVG}text")]


def test_bars_are_on_one_scale_from_nothing():
    made = bench(row("code", 60.0, 15.0), row("cold", 30.0, 20.0, platform=ARM64))
    long, short = bars(made, "before")
    assert abs(long / short - 2) < 0.01
    assert abs(bars(made, "after")[0] / long - 0.25) < 0.01


def test_seconds_spread_and_change_are_text():
    assert "5.40 s ± 0.11, -91%" in words(montage())
    assert {"linux/amd64", "linux/arm64", "cold", "an empty cache"} <= set(words(montage(AMD64, ARM64)))


def test_what_is_slower_has_another_colour_and_says_so():
    assert len(bars(montage(), "slower")) == 1
    assert "after, slower" in words(montage())
    assert "after, slower" not in words(bench(row("code", 60.0, 5.0)))


def test_without_a_plan_there_is_one_bar_each_and_no_key():
    made = bench(row("cold", 60.0), row("code", 50.0), planned=False)
    assert (len(bars(made, "before")), bars(made, "after")) == (2, [])
    assert "before" not in words(made)


def test_the_ends_of_the_runs_are_drawn_where_there_are_several():
    assert len(list(read(bench(row("code", 60.0, 5.0))).iter(f"{SVG}path"))) == 2
    assert not list(read(bench(row("code", figure(60.0, times=1)))).iter(f"{SVG}path"))


def test_what_takes_no_time_is_still_seen():
    assert bars(bench(row("code", 0.0, 0.0)), "after") == [1.5]


def test_nothing_measured_is_a_picture_of_words():
    assert "Nothing was measured." in words(bench())


def test_the_picture_is_as_high_as_its_rows_need():
    many = bench(*(row(f"dockerfile:{number}", 9.0, 8.0) for number in range(300)))
    root = read(many)
    lowest = max(float(one.get("y")) for one in root.iter() if one.get("y"))
    assert lowest < float(root.get("height")) < lowest + 40


def test_the_same_bench_is_the_same_picture():
    assert bench_svg(montage()) == bench_svg(replace(montage()))


def test_nothing_runs_and_nothing_is_loaded():
    text = bench_svg(replace(montage(AMD64, ARM64), project=MARKUP)).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"<script|href|url\(|http|@import|<image|<foreignObject| on\w+=['\"]", text)


def test_it_is_readable_in_light_and_dark():
    assert "prefers-color-scheme: dark" in bench_svg(montage())
    assert read(montage()).find(f"{SVG}rect").get("class") == "lw-paper"


@given(benches())
def test_every_picture_is_well_formed(made: Bench):
    root = read(made)
    assert all(
        one.tag in {SVG + name for name in ("svg", "g", "title", "style", "rect", "line", "path", "text")}
        for one in root.iter()
    )
    numbers = [float(one.get(key)) for one in root.iter() for key in ("x", "y", "width", "height") if one.get(key)]
    assert all(number >= 0 for number in numbers)
