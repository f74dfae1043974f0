"""The situation report on paper: PDF by typst, Arabic in the font that comes with maabar.

In: a released view and its `situation.Situation`. Out: the file, written by the gate. Only fonts of this folder and
those inside typst are used, so that a page looks the same on every machine and Arabic is shaped right.
"""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Literal

from maabar import errors, release, situation

PACKAGE = Path(__file__).parent.parent
TEMPLATE = PACKAGE / "templates" / "situation.typ"
FONTS = PACKAGE / "fonts"
ARABIC = ("NotoNaskhArabic-Regular.ttf", "NotoNaskhArabic-Bold.ttf")
EPOCH = 946684800  # when a file says that it was made: the same for all, so that bytes are
CURE = "--pdf: needs typst, which is not installed; install it with: pip install 'maabar[pdf]'"


def write(view: release.View, told: situation.Situation, path: Path, command: str = "") -> Path:
    """Write the PDF; returns its path.

    Raises errors.RunError without typst or the font for Arabic, and if the file cannot be written.
    """
    return release.publish(view, path, content(told), "situation pdf", command)


def content(told: situation.Situation) -> bytes:
    """The bytes of the PDF."""
    return pages(told, "pdf")[0]


def pages(told: situation.Situation, form: Literal["pdf", "png"] = "png", ppi: float = 144) -> list[bytes]:
    """The pages as pictures of so many points an inch, or one PDF."""
    check()
    import typst

    said = told.to_dict()
    for section in said["sections"]:
        section["foreign_rtl"] = _is_rtl(" ".join(section["foreign"]))
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(FONTS)])
    made = typst.compile(
        TEMPLATE.read_bytes(), format=form, font_paths=fonts, timestamp=EPOCH, ppi=ppi,
        sys_inputs={"told": json.dumps(said, ensure_ascii=False)},
    )  # fmt: skip
    return [made] if isinstance(made, bytes) else list(made or ())


def check() -> None:
    """Raise errors.RunError if a PDF cannot be made here."""
    try:
        import typst  # noqa: F401
    except ImportError as missing:
        raise errors.RunError(CURE) from missing
    lost = [name for name in ARABIC if not (FONTS / name).is_file()]
    if lost:
        raise errors.RunError(
            f"--pdf: found no {errors.listed(lost)} in {FONTS}, expected the font that comes with maabar; install "
            "maabar again: pip install --force-reinstall 'maabar[pdf]'"
        )


def _is_rtl(text: str) -> bool:
    """Whether the first letter of a text is written from right to left."""
    kinds = (unicodedata.bidirectional(letter) for letter in text)
    return next((kind in ("R", "AL") for kind in kinds if kind in ("L", "R", "AL")), False)
