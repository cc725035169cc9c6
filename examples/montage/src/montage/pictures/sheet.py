"""Contact sheets: all pictures of a montage on one page."""

import math
import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

THUMB = 320  # pixels, the longer side
GAP = 12


def thumbnail(source: Path, target: Path) -> None:
    """One small copy; by sharp where it is installed, since it reads only what it needs."""
    if shutil.which("sharp"):
        box = ["resize", str(THUMB), str(THUMB), "--fit", "inside"]
        subprocess.run(["sharp", "-i", str(source), "-o", str(target), *box], check=True, capture_output=True)
        return
    with Image.open(source) as image:
        image.thumbnail((THUMB, THUMB))
        image.convert("RGB").save(target)


def grid(count: int) -> tuple[int, int]:
    """Columns and rows of a sheet that is a little wider than high."""
    columns = max(1, math.ceil(math.sqrt(count * 1.3)))
    return columns, math.ceil(count / columns)


def draw(pictures: list[Path], target: Path) -> None:
    """Write the sheet."""
    columns, rows = grid(len(pictures))
    cell = THUMB + GAP
    sheet = Image.new("RGB", (columns * cell + GAP, rows * cell + GAP), "#181818")
    with tempfile.TemporaryDirectory() as folder:
        for index, picture in enumerate(pictures):
            small = Path(folder, f"{index}.jpg")
            thumbnail(picture, small)
            with Image.open(small) as image:
                left = GAP + index % columns * cell + (THUMB - image.width) // 2
                top = GAP + index // columns * cell + (THUMB - image.height) // 2
                sheet.paste(image, (left, top))
    sheet.save(target)
