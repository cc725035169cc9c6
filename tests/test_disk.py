import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from layerwise.disk import no_room


def test_a_disk_with_a_few_kilobytes_left_has_no_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    free = {tmp_path: 4096}
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=free[place]))
    assert no_room(tmp_path)
    free[tmp_path] = 1 << 20
    assert not no_room(tmp_path)


def test_a_file_that_is_not_there_yet_is_looked_for_on_the_disk_of_its_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free={tmp_path: 0}[place]))
    assert no_room(tmp_path / "new" / "builds.db")
