"""Title cards."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from montage.settings import Settings

FONTS = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
    "/Library/Fonts/Arial Bold.ttf",
)


def font(size: int) -> ImageFont.ImageFont:
    """The first font that is installed."""
    for name in FONTS:
        if Path(name).exists():
            return ImageFont.truetype(name, size)
    return ImageFont.load_default(size)


def wrap(text: str, columns: int) -> str:
    """Break a title into lines of about equal length."""
    lines: list[str] = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) > columns and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines)


def draw(settings: Settings, target: Path) -> Path:
    """Write the title as a picture of the size of the video."""
    card = Image.new("RGB", (settings.width, settings.height), "#101418")
    pen = ImageDraw.Draw(card)
    middle = settings.width / 2, settings.height / 2
    text = wrap(settings.title, 24)
    size = settings.height // 12
    pen.multiline_text(middle, text, "#f4f1ea", font(size), anchor="mm", align="center", spacing=size // 3)
    card.save(target)
    return target
