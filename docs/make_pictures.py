"""Pictures of the documentation: `python docs/make_pictures.py`.

In: the shipped scenario. Out: docs/images/situation-en.png and -ar.png, the first pages of a situation report of
30 June 2017 (60 members, seed 1), for the public and for partners; browser.png, a page of the browser door (needs
Chromium).
"""

import datetime as dt
import pathlib
import shutil
import subprocess
import sys
import tempfile

import maabar
from maabar import scenario, situation
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


def browser() -> None:
    """The page of a scenario, as the door shows it."""
    from playwright import sync_api

    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(scenario.SHIPPED / "raqqa-2017", pathlib.Path(scratch) / "raqqa-2017")
        command = [sys.executable, "-m", "maabar", "serve", scratch, "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as door:
            lines = [door.stdout.readline() for _ in range(2)] if door.stdout else []
            link = lines[1].partition(": ")[2].strip()
            with sync_api.sync_playwright() as play:
                shown = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
                page = shown.new_page(viewport={"width": 1000, "height": 760})
                page.goto(link)
                page.goto(f"{link.partition('?')[0]}scenario/raqqa-2017")
                page.screenshot(path=IMAGES / "browser.png")
                shown.close()
            door.send_signal(2)
    print("browser.png")


if __name__ == "__main__":
    main()
    browser()
