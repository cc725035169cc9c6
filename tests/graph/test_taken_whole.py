from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from layerwise.graph.context import Context, Entry, Kind
from layerwise.graph.copying import Selection, select
from layerwise.graph.patterns import PatternList

names = st.sampled_from(["a", "b", "c.tar"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
sources = st.lists(st.one_of(paths, st.sampled_from([".", "/", "a/", "l", "gone"])), min_size=1, max_size=3)
destinations = st.sampled_from(["/", "/app", "/app/", "/app/a", "/app/a/"])
places = st.one_of(paths.map("/app/".__add__), paths.map("/".__add__), st.sampled_from(["/", "/app", "/app/a", "/x"]))
links = st.sampled_from([{}, {"l": "a"}, {"l": "b/c.tar"}, {"a/l": "../b"}])


def context(files: set[str], linked: dict[str, str]) -> Context:
    entries = dict.fromkeys(files, Entry(Kind.FILE, 0o644, 1))
    entries |= {name: Entry(Kind.SYMLINK, 0o777, target=target) for name, target in linked.items()}
    directories = {path.rpartition("/")[0] for path in entries} | {
        path.partition("/")[0] for path in entries if "/" in path
    }
    return Context.from_paths({path: entry for path, entry in entries.items() if path not in directories})


def listed(selection: Selection) -> Selection:
    """The same files by a source that the quick answers do not hold for: it leaves out what there is none of."""
    exclude = PatternList.compile(["none/such/file"])
    return replace(selection, sources=tuple(replace(source, exclude=exclude) for source in selection.sources))


@given(st.sets(paths, max_size=6), links, sources, destinations, places, st.booleans())
def test_what_is_told_at_once_is_what_the_full_list_tells(
    files: set[str], linked: dict[str, str], written: list[str], to: str, place: str, unpack: bool
) -> None:
    quick = select(context(files, linked), written, to, unpack=unpack)
    full = listed(quick)
    assert (quick._whole, full._whole) == (True, not full.sources)
    assert quick.source_of(place) == full.source_of(place)
    assert quick.holds(place) == full.holds(place)
    assert quick.children(place) == full.children(place)
    assert quick.identity.split(",")[0] == full.identity.split(",")[0]
