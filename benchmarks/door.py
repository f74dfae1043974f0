"""How fast the browser door answers, idle and while a run is at work: `python benchmarks/door.py [MEMBERS]`.

In: raqqa-2017, served from a scratch folder; a run with all what-ifs started through the door. Out: for each page the
median and the longest of 15 answers [ms], and its size; and when a browser first paints it [ms], the worst of three new
windows of Chromium.
"""

import http.client
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

from playwright import sync_api

from maabar import scenario

NAME, ASKED = "raqqa-2017", 15
PAGES = ("/", f"/scenario/{NAME}", f"/scenario/{NAME}/file/places.csv", f"/scenario/{NAME}/file/evidence.csv")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Door:
    """A browser that holds the key."""

    def __init__(self, link: str) -> None:
        self.host = urllib.parse.urlsplit(link).netloc
        token = urllib.parse.parse_qs(urllib.parse.urlsplit(link).query)["token"][0]
        self.headers = {"Cookie": f"maabar={token}", "Origin": f"http://{self.host}"}

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[float, int, str, int]:
        """Seconds, status, where it leads, bytes."""
        connection = http.client.HTTPConnection(self.host)
        begun = time.perf_counter()
        if form is None:
            connection.request("GET", path, headers=self.headers)
        else:
            connection.request("POST", path, urllib.parse.urlencode(form), self.headers | FORM)
        answer = connection.getresponse()
        size = len(answer.read())
        return time.perf_counter() - begun, answer.status, answer.getheader("location") or "", size

    def measure(self, label: str, pages: tuple[str, ...]) -> None:
        """Print how long each page takes."""
        for page in pages:
            found = [self.ask(page) for _ in range(ASKED)]
            if {one[1] for one in found} != {200}:
                raise SystemExit(f"{page}: answered {sorted({one[1] for one in found})}")
            took = [1000 * one[0] for one in found]
            print(f"{label:5} {page:45} {statistics.median(took):5.0f} {max(took):5.0f} ms {found[0][3] // 1000:5} kB")


def painted(link: str, label: str, pages: tuple[str, ...]) -> None:
    """Print when each page is first painted."""
    base = link.partition("/?")[0]
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for page in pages:
            worst = 0.0
            for _ in range(3):
                window = browser.new_context().new_page()
                window.goto(link)
                window.goto(f"{base}{page}")
                window.wait_for_timeout(500)
                worst = max(
                    worst, window.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
                )
                window.close()
            print(f"{label:5} {page:45} first paint {worst:5.0f} ms")
        browser.close()


def main() -> None:
    """Serve, measure idle, start a run, measure again."""
    members = sys.argv[1] if len(sys.argv) > 1 else "400"
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(scenario.SHIPPED / NAME, pathlib.Path(scratch) / NAME)
        command = [sys.executable, "-m", "maabar", "serve", scratch, "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as served:
            lines = [served.stdout.readline() for _ in range(2)] if served.stdout else []
            link = lines[1].partition(": ")[2].strip()
            door = Door(link)
            door.measure("idle", PAGES)
            painted(link, "idle", PAGES)
            *_, job, _ = door.ask(f"/scenario/{NAME}/start", {"what": "run", "members": members, "what_ifs": "1"})
            time.sleep(6)
            door.measure("busy", (*PAGES, job, f"{job}/state"))
            painted(link, "busy", PAGES)
            door.ask(f"{job}/stop", {})
            served.send_signal(2)


if __name__ == "__main__":
    main()
