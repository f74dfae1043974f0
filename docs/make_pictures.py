"""Pictures of the documentation: `python docs/make_pictures.py`.

In: the shipped scenario. Out: docs/images/situation-en.png and -ar.png, the first pages of a situation report of
30 June 2017 (60 members, seed 1), for the public and for partners.
"""

import datetime as dt
import pathlib
import tempfile

import maabar
from maabar import situation
from maabar.formats import pdfout

IMAGES = pathlib.Path(__file__).parent / "images"
EVENING = dt.date(2017, 6, 30)


def main() -> None:
    """Make them all."""
    with tempfile.TemporaryDirectory() as scratch:
        run = maabar.load("raqqa-2017").run(members=60, seed=1, out=pathlib.Path(scratch) / "run")
        for language, audience in (("en", "public"), ("ar", "partner")):
            told = situation.of(run.view(audience), language, EVENING)
            path = IMAGES / f"situation-{language}.png"
            path.write_bytes(pdfout.pages(told, ppi=80)[0])
            print(path.name)


if __name__ == "__main__":
    main()
