import shutil

from montage.pictures import library, similar


def test_a_copy_is_left_out(pictures):
    shutil.copy(pictures / "5.png", pictures / "5b.png")
    names = [picture.path.name for picture in similar.without_repeats(library.scan(pictures))]
    assert "5.png" in names
    assert "5b.png" not in names
