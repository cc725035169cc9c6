import io
import tarfile

import pytest
from tests.prove.images import Entry, blob, file, folder, hard_link, image, symlink, tar

from layerwise.errors import ImageError, LayerwiseError
from layerwise.oci.image import Blob, Image
from layerwise.oci.layers.tree import Content, Inode, Node
from layerwise.prove.reading import read_tree
from layerwise.prove.verify import verify


def node(entries: list[Entry] | bytes, path: str) -> Node | None:
    return read_tree(image(entries)).at(path)


def refused(*layers: list[Entry] | bytes) -> str:
    with pytest.raises(ImageError) as caught:
        read_tree(image(*layers, reference="shop:1"))
    return str(caught.value)


def header(entry: Entry, **fields: bytes) -> bytes:
    """A tar of one entry with other bytes in its header, and the right checksum for them."""
    places = {"size": 124, "kind": 156, "checksum": 148}
    data = bytearray(tar([entry], tarfile.GNU_FORMAT))
    for name, value in fields.items():
        data[places[name] : places[name] + len(value)] = value
    if "checksum" not in fields:
        data[148:156] = b"        "
        data[148:156] = b"%06o\0 " % sum(data[:512])
    return bytes(data)


def test_the_message_names_image_and_layer() -> None:
    message = refused([file("a")], b"x" * 2000)
    assert message.startswith("shop:1: layer 2 of 2 (sha256:")
    assert message.endswith("can't be read: it is no tar")


@pytest.mark.parametrize("end", [100, 512 + 5, 1024 + 100])
def test_a_tar_that_is_cut_is_refused(end: int) -> None:
    assert "can't be read" in refused(tar([file("a", b"x" * 600), file("b")], tarfile.GNU_FORMAT)[:end])


def test_a_tar_may_end_without_zeros() -> None:
    whole = tar([file("a", b"x" * 512)], tarfile.GNU_FORMAT)
    assert node(whole[:1024], "/a") is not None


def test_a_layer_without_a_byte_has_nothing_in_it() -> None:
    assert [path for path, _ in read_tree(image(b"")).walk()] == ["/"]


def test_a_broken_header_in_the_middle_is_no_end() -> None:
    whole = bytearray(tar([file("a"), file("b"), file("c")], tarfile.GNU_FORMAT))
    whole[512 + 3] ^= 1
    assert "its tar is damaged" in refused(bytes(whole))


@pytest.mark.parametrize("size", [b"\xff" * 12, b"\xff" * 11 + b"\x00"])
def test_a_negative_size_is_damage(size: bytes) -> None:
    assert "damaged" in refused(header(file("a"), size=size))


@pytest.mark.parametrize("kind", [b"x", b"L", b"g"])
def test_a_header_as_large_as_an_image_is_refused_unread(kind: bytes) -> None:
    assert "header of" in refused(header(file("a"), kind=kind, size=b"77777777777\0"))
    assert "header of" in refused(header(file("a"), kind=kind, size=b"\xff" * 10 + b"\xfc\x00"))


def test_a_type_that_images_have_not_is_refused() -> None:
    assert "of a type that images have not" in refused(header(file("a"), kind=b"V"))


def test_a_contiguous_file_is_a_file() -> None:
    found = node(header(file("a", b"1"), kind=tarfile.CONTTYPE), "/a")
    assert isinstance(found, Inode)
    assert isinstance(found.body, Content)


def test_global_headers_say_nothing_of_the_files_as_in_go() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", pax_headers={"uid": "7", "SCHILY.xattr.user.a": "1"}) as archive:
        file("a").add_to(archive)
    found = node(buffer.getvalue(), "/a")
    assert found is not None
    assert (found.meta.uid, found.meta.xattrs) == (0, ())


def test_attributes_are_bytes() -> None:
    found = node([file("a", xattrs=(("user.a", "x\x00y\n=z\udcff"),))], "/a")
    assert found is not None
    assert found.meta.xattrs == (("user.a", b"x\x00y\n=z\xff"),)


def test_a_hard_link_to_nothing_is_refused() -> None:
    assert refused([hard_link("a", "nowhere/b")]).endswith("/a is a hard link to nowhere/b, and there is no such file")


def test_a_hard_link_to_a_directory_is_refused() -> None:
    assert "there is no such file" in refused([folder("d"), hard_link("a", "d")])


def test_links_in_a_circle_are_refused() -> None:
    assert "lead in a circle at /a" in refused([symlink("a", "b"), symlink("b", "a"), file("a/x")])


def test_links_do_not_lead_out_of_the_root() -> None:
    tree = read_tree(
        image([symlink("up", "../../.."), symlink("root", "/etc"), file("up/x"), file("root/y"), file("../../z")])
    )
    assert {path for path, found in tree.walk() if isinstance(found, Inode)} == {"/up", "/root", "/x", "/etc/y", "/z"}


def test_dots_in_a_link_lead_up_from_where_the_link_leads() -> None:
    tree = read_tree(
        image(
            [folder("a/b"), symlink("l", "a/b/.././//b/../c"), file("l/x"), symlink("m", "a/nowhere/.."), file("m/y")]
        )
    )
    assert {path for path, found in tree.walk() if isinstance(found, Inode)} == {"/l", "/m", "/a/c/x", "/a/y"}


def test_an_entry_that_makes_the_root_no_directory_is_left_out() -> None:
    assert [path for path, _ in read_tree(image([file("./"), file("a")])).walk()] == ["/", "/a"]


def test_a_link_to_what_is_not_there_makes_it() -> None:
    assert node([symlink("l", "some/where"), file("l/x")], "/some/where/x") is not None


def test_hard_links_share_what_the_last_of_them_says() -> None:
    entries = [file("a", mode=0o600, xattrs=(("user.a", "1"),)), hard_link("b", "a", mode=0o640, owner=(1, 2))]
    first, second = node(entries, "/a"), node(entries, "/b")
    assert first is not None
    assert second is not None
    assert first.meta == second.meta
    assert (first.meta.mode, first.meta.uid, first.meta.xattrs) == (0o640, 1, (("user.a", b"1"),))


def test_a_hard_link_may_name_what_its_layer_hides() -> None:
    for order in (1, -1):
        renamed = [hard_link("b", "d/a"), Entry(".wh.d")][::order]
        tree = read_tree(image([file("d/a", "1")], renamed))
        assert tree.at("/d") is None
        assert isinstance(tree.at("/b"), Inode)


def test_whiteouts_below_a_directory_made_anew_hide_nothing_elsewhere() -> None:
    below = [folder("e"), file("e/x"), symlink("d", "e")]
    tree = read_tree(image(below, [folder("d"), Entry("d/.wh.x"), Entry("d/.wh..wh..opq")]))
    assert tree.at("/e/x") is not None
    assert not tree.through


def test_files_of_aufs_itself_are_in_no_file_system() -> None:
    tree = read_tree(image([Entry(".wh..wh.aufs"), Entry(".wh..wh.plnk/1.2"), Entry(".wh."), file("a.wh.b")]))
    assert [path for path, _ in tree.walk()] == ["/", "/a.wh.b"]


def test_layers_that_both_images_have_are_opened_once() -> None:
    opened: list[str] = []

    def counted(number: int, entries: list[Entry]) -> Blob:
        stored = blob(tar(entries))
        return Blob(digest=stored.digest, size=stored.size, open=lambda: (opened.append(f"{number}"), stored.open())[1])

    base = counted(0, [file("a"), hard_link("b", "a")])
    left, right = (
        Image(
            platform="linux/amd64",
            reference=str(n),
            digest="",
            config=b"{}",
            layers=(base, counted(n, [file("c", str(n))])),
        )
        for n in (1, 2)
    )
    verify([left], [right])
    assert opened.count("0") == 1
    del opened[:]
    assert verify([left], [left]).equal
    assert opened == []


def test_a_change_of_a_hard_link_in_one_image_does_not_reach_the_other() -> None:
    base = [file("a"), hard_link("b", "a")]
    left, right = image(base, [hard_link("c", "a", mode=0o600)]), image(base, [file("d")])
    tree = {one.difference.where for one in verify([left], [right]).platforms[0].judged}
    assert tree == {"/a", "/b", "/c", "/d"}


def test_the_blob_is_read_to_its_end_so_that_its_digest_is_checked() -> None:
    class Checked(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if not (found := super().read(size)):
                raise LayerwiseError("other bytes than those of its digest")
            return found

    stored = tar([file("a")]) + bytes(1 << 20)
    layer = Blob(digest="sha256:0", size=None, open=lambda: Checked(stored))
    with pytest.raises(LayerwiseError, match="other bytes"):
        read_tree(Image(platform="", reference="", digest="", config=b"{}", layers=(layer,)))
