"""Pictures of the documentation: `python docs/make_pictures.py`.

In: the shipped scenario. Out: docs/images/report.png, the report of a plain run for the public (by Chromium);
situation-en.png and -ar.png, the first pages of a situation report of 30 June 2017 (60 members, seed 1), for the
public and for partners; the charts of the gallery of the same run; browser.png, a page of the browser door.
"""

import contextlib
import datetime as dt
import pathlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from playwright import sync_api

import maabar
from maabar import scenario, situation
from maabar.formats import pdfout

IMAGES = pathlib.Path(__file__).parent / "images"
GALLERY = (
    ("inside", None, "public"), ("arrivals", None, "public"), ("displaced_total", None, "public"),
    ("killed", None, "public"), ("killed:mine", None, "public"), ("present", "ain-issa", "partner"),
    ("unsheltered", "ain-issa", "partner"), ("price", "city", "internal"),
)  # fmt: skip
EVENING = dt.date(2017, 6, 30)


def report() -> None:
    """The first screen of the report that `make demo` makes."""
    with tempfile.TemporaryDirectory() as scratch:
        run = maabar.load("raqqa-2017").run(members=200, seed=1, out=pathlib.Path(scratch) / "run")
        address = run.report().as_uri()
        with shown(1180, 1350) as page:
            page.goto(address)
            page.wait_for_selector("html[data-drawn=yes]")
            page.wait_for_timeout(1000)
            page.screenshot(path=IMAGES / "report.png")
    print("report.png")


@contextlib.contextmanager
def shown(width: int, height: int) -> Iterator[sync_api.Page]:
    """An empty page in Chromium."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield browser.new_page(viewport={"width": width, "height": height})
        browser.close()


def main() -> None:
    """Make them all."""
    with tempfile.TemporaryDirectory() as scratch:
        run = maabar.load("raqqa-2017").run(members=60, seed=1, out=pathlib.Path(scratch) / "run")
        for language, audience in (("en", "public"), ("ar", "partner")):
            told = situation.of(run.view(audience), language, EVENING)
            path = IMAGES / f"situation-{language}.png"
            path.write_bytes(pdfout.pages(told, ppi=80)[0])
            print(path.name)
        for name, place, audience in GALLERY:
            path = run.picture(name, place, audience=audience, out=IMAGES / f"plot-{name.replace(':', '-')}.png")
            print(path.name)


def browser() -> None:
    """The page of a scenario, as the door shows it."""
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(scenario.SHIPPED / "raqqa-2017", pathlib.Path(scratch) / "raqqa-2017")
        command = [sys.executable, "-m", "maabar", "serve", scratch, "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as door:
            lines = [door.stdout.readline() for _ in range(2)] if door.stdout else []
            link = lines[1].partition(": ")[2].strip()
            with shown(1000, 760) as page:
                page.goto(link)
                page.goto(f"{link.partition('?')[0]}scenario/raqqa-2017")
                page.screenshot(path=IMAGES / "browser.png")
            door.send_signal(2)
    print("browser.png")


if __name__ == "__main__":
    report()
    main()
    browser()
