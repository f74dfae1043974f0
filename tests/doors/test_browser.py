"""The browser door, as a user works in it and as others would break in: refusals over HTTP, the work in Chromium."""

import contextlib
import html
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import typer.testing
from hypothesis import given
from hypothesis import strategies as st
from playwright import sync_api
from starlette import testclient

from maabar import browser, cli, errors, scenario, texts
from maabar.app import desk, fence, jobs, lines, pages

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HOST = "127.0.0.1:8765"
BASE = f"http://{HOST}"
SAME = {"origin": BASE, "sec-fetch-site": "same-origin"}
TOKEN = "the-key-of-this-start"


@pytest.fixture
def root(tmp_path: pathlib.Path) -> pathlib.Path:
    scenario.template(tmp_path / "sieges" / "town")
    (tmp_path / "secret.csv").write_text("not,yours\n")
    return tmp_path / "sieges"


@pytest.fixture
def door(root: pathlib.Path) -> Iterator[testclient.TestClient]:
    """A browser that opened the link."""
    made = pages.Pages(root)
    with testclient.TestClient(
        fence.Fence(made.app(), TOKEN, (HOST,)),
        BASE,
        follow_redirects=False,  # type: ignore[arg-type]
    ) as client:
        client.get(f"/?token={TOKEN}")
        yield client
    made.jobs.close()


def digest_of(door: testclient.TestClient, file: str) -> str:
    found = re.search(r'name="digest" value="(\w*)"', door.get(f"/scenario/town/file/{file}").text)
    assert found
    return found[1]


# Who may come in


def stranger(root: pathlib.Path, **cookies: str) -> testclient.TestClient:
    app = fence.Fence(pages.Pages(root).app(), TOKEN, (HOST,))
    return testclient.TestClient(app, BASE, follow_redirects=False, cookies=cookies)  # type: ignore[arg-type]


def test_the_link_lets_in_once_and_the_key_leaves_the_address(root: pathlib.Path) -> None:
    answer = stranger(root).get(f"/?token={TOKEN}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", "Path=/"))


@pytest.mark.parametrize("path", ["/", "/scenario/town", "/static/app.js", "/run/x", "/job/x/state", "/?token=wrong"])
def test_without_the_key_nothing_is_told(root: pathlib.Path, path: str) -> None:
    for client in (stranger(root), stranger(root, maabar="guessed"), stranger(root, maabar="")):
        answer = client.get(path)
        assert answer.status_code == 403
        assert "town" not in answer.text


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "127.0.0.1", "[::1]:8765", ""])
def test_a_name_that_was_pointed_here_is_not_answered(door: testclient.TestClient, host: str) -> None:
    answer = door.get("/", headers={"host": host})
    assert answer.status_code == 421
    assert "town" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"origin": "http://evil.example"}, {"origin": "null"}, {"origin": f"https://{HOST}"},
        {"origin": BASE, "sec-fetch-site": "cross-site"}, {"origin": "http://127.0.0.1:9999"},
    ],
)  # fmt: skip
def test_a_write_from_another_site_is_refused(
    door: testclient.TestClient, root: pathlib.Path, headers: dict[str, str]
) -> None:
    answer = door.post("/new", data={"name": "stolen"}, headers=headers)
    assert answer.status_code == 403
    assert not (root / "stolen").exists()


def test_every_answer_tells_the_browser_to_be_careful(door: testclient.TestClient) -> None:
    for path in ("/", "/scenario/town", "/nothing", "/static/app.css"):
        headers = door.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_no_page_has_a_script_or_a_style_of_its_own_in_it(door: testclient.TestClient) -> None:
    for path in ("/", "/scenario/town", "/scenario/town/file/places.csv", "/scenario/town/file/scenario.toml"):
        text = door.get(path).text
        assert re.findall(r"<script(?! src=\"/static/app\.js\" defer></script>)", text) == []
        assert "<style" not in text
        assert not re.search(r"\son\w+=", text)


# No path out of the folder


@pytest.mark.parametrize(
    "path",
    [
        "/scenario/../secret.csv", "/scenario/%2e%2e/file/secret.csv", "/scenario/town/file/..%2f..%2fsecret.csv",
        "/scenario/town/file/%2fetc%2fpasswd", "/scenario/.maabar", "/scenario/town/file/.hidden.csv",
        "/static/..%2fpages.py", "/run/..%2ftown", "/run/x/product/..%2f..%2fsecret.csv", "/job/..%2f..%2ftown/state",
        "/scenario/town/file/places.exe", "/scenario/town%00/file/places.csv",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_folder(door: testclient.TestClient, path: str) -> None:
    answer = door.get(path)
    assert answer.status_code in (404, 405, 421)
    assert "not,yours" not in answer.text
    assert "root:" not in answer.text


def test_a_link_out_of_the_folder_is_not_followed(
    door: testclient.TestClient, root: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    (root / "town" / "extra.csv").symlink_to(tmp_path / "secret.csv")
    assert door.get("/scenario/town/file/extra.csv").status_code == 404
    answer = door.post("/scenario/town/file/extra.csv", data={"text": "x", "digest": ""}, headers=SAME)
    assert answer.status_code == 404
    assert (tmp_path / "secret.csv").read_text() == "not,yours\n"


@pytest.mark.parametrize("name", ["../out", "/etc", ".hidden", "a/b", "", "a" * 99, "x\x00y"])
def test_a_scenario_of_a_bad_name_is_not_made(door: testclient.TestClient, root: pathlib.Path, name: str) -> None:
    before = sorted(root.parent.rglob("*"))
    assert door.post("/new", data={"name": name}, headers=SAME).status_code == 404
    assert sorted(root.parent.rglob("*")) == before


# Size and form


def test_too_much_is_refused_whether_it_says_so_or_not(door: testclient.TestClient, root: pathlib.Path) -> None:
    before = (root / "town" / "places.csv").read_bytes()
    large = "x" * (fence.LARGEST + 1)
    assert door.put("/scenario/town/upload/places.csv", content=large, headers=SAME).status_code == 413

    def dribbled() -> Iterator[bytes]:
        for _ in range(fence.LARGEST // 100_000 + 2):
            yield b"y" * 100_000

    assert door.put("/scenario/town/upload/places.csv", content=dribbled(), headers=SAME).status_code in (413, 400)
    middle = "z" * (desk.LARGEST + 10)
    digest = digest_of(door, "places.csv")
    answer = door.put(f"/scenario/town/upload/places.csv?digest={digest}", content=middle, headers=SAME)
    assert answer.status_code == 413
    assert (root / "town" / "places.csv").read_bytes() == before


@pytest.mark.parametrize("content", [b"\xff\xfe\x00a", b"PK\x03\x04\x00\x00", b"a,b\n\x00"])
def test_what_is_no_text_is_refused(door: testclient.TestClient, root: pathlib.Path, content: bytes) -> None:
    before = (root / "town" / "places.csv").read_bytes()
    digest = digest_of(door, "places.csv")
    answer = door.put(f"/scenario/town/upload/places.csv?digest={digest}", content=content, headers=SAME)
    assert answer.status_code == 415
    assert "save it as CSV UTF-8" in answer.text
    assert (root / "town" / "places.csv").read_bytes() == before


def test_a_form_of_another_kind_is_refused(door: testclient.TestClient) -> None:
    assert door.post("/new", json={"name": "x"}, headers=SAME).status_code == 415
    answer = door.post("/new", content=b"a=%ff", headers=SAME | {"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 400


# Editing


def test_only_the_cells_that_were_changed_are_written_anew(door: testclient.TestClient, root: pathlib.Path) -> None:
    path = root / "town" / "places.csv"
    odd = (
        "# a remark\n" + path.read_text() + '"odd-town" , "Odd, Town",,home,town,0.1,0.1,5,,,,,W,"a ""quoted"" word"\n'
    )
    path.write_text(odd)
    answer = door.post(
        "/scenario/town/file/places.csv",
        data={"digest": digest_of(door, "places.csv"), "c-3-7": "12345"},
        headers=SAME,
    )
    assert answer.status_code == 303
    lines_before, lines_after = odd.splitlines(), path.read_text().splitlines()
    changed = [at for at, (old, new) in enumerate(zip(lines_before, lines_after, strict=True)) if old != new]
    assert changed == [2]
    assert lines_after[2] == lines_before[2].replace("12000", "12345")


def test_rows_are_added_and_removed(door: testclient.TestClient, root: pathlib.Path) -> None:
    path = root / "town" / "sources.csv"
    before = path.read_text().splitlines()
    width = len(before[0].split(","))
    form = {"digest": digest_of(door, "sources.csv"), "d-2": "on"} | {f"n-0-{at}": f"v{at}" for at in range(width)}
    assert door.post("/scenario/town/file/sources.csv", data=form, headers=SAME).status_code == 303
    after = path.read_text().splitlines()
    assert after == [before[0], *before[2:], ",".join(f"v{at}" for at in range(width))]


def test_two_tabs_do_not_undo_each_other_and_no_text_is_lost(door: testclient.TestClient, root: pathlib.Path) -> None:
    digest = digest_of(door, "places.csv")
    one = door.post("/scenario/town/file/places.csv", data={"digest": digest, "c-2-7": "111"}, headers=SAME)
    two = door.post("/scenario/town/file/places.csv", data={"digest": digest, "c-3-7": "222"}, headers=SAME)
    assert (one.status_code, two.status_code) == (303, 409)
    kept = (root / "town" / "places.csv").read_text()
    assert ",111," in kept
    assert ",222," not in kept
    assert ",222," in two.text
    seen = re.search(r'name="digest" value="(\w+)"', two.text)
    assert seen
    mine = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", two.text, re.DOTALL)
    assert mine
    answer = door.post("/scenario/town/file/places.csv", data={"digest": seen[1], "text": mine[1]}, headers=SAME)
    assert answer.status_code == 303
    assert ",222," in (root / "town" / "places.csv").read_text()


def test_faults_stand_in_place_with_their_cure(door: testclient.TestClient) -> None:
    form = {"digest": digest_of(door, "places.csv"), "c-2-7": "many"}
    door.post("/scenario/town/file/places.csv", data=form, headers=SAME)
    page = door.get("/scenario/town/file/places.csv").text
    assert re.search(r'name="c-2-7" value="many"[^>]*aria-invalid="true"', page)
    assert "Faults to mend: 1" in page
    assert "Mend the faults first" in door.get("/scenario/town").text


def test_a_faulty_settings_file_can_be_opened_and_mended(door: testclient.TestClient, root: pathlib.Path) -> None:
    (root / "town" / "scenario.toml").write_text("start = [")
    assert door.get("/").status_code == 200
    assert "Faults to mend" in door.get("/scenario/town").text
    assert "start = [" in door.get("/scenario/town/file/scenario.toml").text


@given(st.text(alphabet='ab,"\n\r #é', max_size=80))
def test_a_table_read_in_lines_is_the_same_text_again(text: str) -> None:
    assert "".join(line.raw for line in lines.read(text)) == text
    assert lines.edited(text, {}) == text


def test_a_copy_of_a_shipped_scenario_is_yours(door: testclient.TestClient, root: pathlib.Path) -> None:
    assert door.post("/new", data={"name": "mine", "like": "raqqa-2017"}, headers=SAME).status_code == 303
    assert "No faults" in door.get("/scenario/mine").text
    assert len(door.get("/scenario/mine/file/evidence.csv").text) > 100_000
    assert door.post("/new", data={"name": "mine"}, headers=SAME).status_code == 409
    assert (root / "mine" / "evidence.csv").is_file()


def test_a_fault_of_our_own_is_a_page_and_no_traceback(root: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr(desk.Desk, "scenarios", fail)
    app = fence.Fence(pages.Pages(root).app(), TOKEN, (HOST,))
    with testclient.TestClient(app, BASE, raise_server_exceptions=False) as client:  # type: ignore[arg-type]
        client.get(f"/?token={TOKEN}", follow_redirects=False)
        answer = client.get("/")
    assert answer.status_code == 500
    assert "maabar met a fault of its own (KeyError: &#39;lost&#39;)" in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src")


@pytest.mark.parametrize("said", ["{", "[]", "{}", '{"scenario": 3}', '{"scenario": {"name": "town"}}'])
def test_a_damaged_run_spoils_no_page(door: testclient.TestClient, root: pathlib.Path, said: str) -> None:
    (root / "runs" / "bad").mkdir(parents=True)
    (root / "runs" / "bad" / "manifest.json").write_text(said)
    assert door.get("/").status_code == 200
    assert door.get("/scenario/town").status_code == 200
    assert door.get("/run/bad").status_code == 422
    assert "Open the run" not in door.get("/").text


# Jobs


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"what": "shell"}, "expected run, calibrate or forecast"),
        ({"what": "run", "members": "many"}, "--members: found"),
        ({"what": "forecast", "origin": "soon"}, "--origin: found"),
        ({"what": "run", "posterior": "../../x"}, "expected a name of letters"),
    ],
)
def test_a_job_that_cannot_be_is_not_begun(
    door: testclient.TestClient, root: pathlib.Path, form: dict[str, str], message: str
) -> None:
    answer = door.post("/scenario/town/start", data=form, headers=SAME)
    assert answer.status_code in (404, 422)
    assert message in answer.text
    assert not (root / jobs.FOLDER).exists()


def test_options_of_a_form_are_words_of_one_command(root: pathlib.Path) -> None:
    asked = {"what": "run", "members": "١٢", "seed": "3", "variant": "--json; rm", "what_ifs": "1", "days": "9"}
    words, out = pages.command(asked, root / "town", "town", desk.Desk(root))
    assert words[:2] == ["run", str(root / "town")]
    assert words[words.index("--members") + 1] == "12"
    assert words[words.index("--variant") + 1] == "--json; rm"
    assert "--days" not in words
    assert "--no-what-ifs" not in words
    assert re.fullmatch(r"runs/town-run-\d{8}T\d{6}", out)


def waited(door: testclient.TestClient, address: str) -> dict[str, object]:
    """The end of a job; until then every page can be looked at."""
    for _ in range(600):
        state: dict[str, object] = door.get(f"{address}/state").json()
        if state["state"] != "running":
            return state
        assert {door.get(path).status_code for path in ("/", "/scenario/town", address)} == {200}
        time.sleep(0.1)
    raise AssertionError("still running after a minute")


def test_a_job_that_fails_says_why(door: testclient.TestClient) -> None:
    form = {"what": "run", "members": "2", "variant": "nothing"}
    address = door.post("/scenario/town/start", data=form, headers=SAME).headers["location"]
    state = waited(door, address)
    assert state["state"] == "failed"
    assert "nothing" in str(state["said"])


@pytest.mark.slow
def test_a_run_is_made_stopped_compared_and_handed_on(door: testclient.TestClient, root: pathlib.Path) -> None:
    made = []
    for seed_variant in ({}, {"variant": scenario.load(root / "town").variants[0].name}):
        form = {"what": "run", "members": "12", "seed": "1"} | seed_variant
        address = door.post("/scenario/town/start", data=form, headers=SAME).headers["location"]
        begun = time.monotonic()
        assert door.get("/").status_code == 200
        assert time.monotonic() - begun < 5
        state = waited(door, address)
        assert state["state"] == "done", state
        made.append(str(state["out"]).rpartition("/")[2])
    page = door.get(f"/compare?base={made[0]}&other={made[1]}")
    assert page.status_code == 200
    assert "Displacement movements" in page.text
    for what in ("report", "situation", "csv"):
        answer = door.post(
            f"/run/{made[0]}/make", data={"what": what, "audience": "partner", "lang": "ar"}, headers=SAME
        )
        assert (answer.status_code, answer.headers["location"]) == (303, f"/run/{made[0]}#products")
    page = door.get(f"/run/{made[0]}").text
    for name in ("report-partner-ar.html", "situation-partner-ar.html", "town-partner.csv"):
        assert name in page
    for what, asked, file in (
        ("papers", "", "model-card-public.html"),
        ("picture", "killed:strike", "picture-killed-strike.png"),
        ("why", "inside/town/2030-05-01", "why-inside-town.txt"),
    ):
        answer = door.post(
            f"/run/{made[0]}/make", data={"what": what, "audience": "public", "asked": asked}, headers=SAME
        )
        assert answer.status_code == 303, answer.text
        assert file in door.get(f"/run/{made[0]}").text
    answer = door.post(f"/run/{made[0]}/make", data={"what": "why", "asked": "price"}, headers=SAME)
    assert answer.status_code == 422
    assert "the audience public does not see price" in html.unescape(answer.text)
    door.get("/language/ar?back=/")
    page = door.get(f"/run/{made[0]}").text
    assert "Displacement movements" not in page
    assert texts.of("ar")("headline.displaced") in page
    table = door.get(f"/compare?base={made[0]}&other={made[1]}").text
    assert "Displacement movements" not in table
    assert texts.of("ar")("outcome.displaced") in table
    product = door.get(f"/run/{made[0]}/product/report-partner-ar.html")
    assert product.headers["content-security-policy"].startswith("sandbox")
    assert texts.of("ar")("audience.partner") in product.text
    assert "attachment" in door.get(f"/run/{made[0]}/product/town-partner.csv").headers["content-disposition"]
    assert "inside" in door.get(f"/run/{made[0]}/why?asked=inside/*").text
    assert door.get(f"/run/{made[0]}/why?asked=nonsense").status_code == 422
    assert door.post(f"/run/{made[0]}/make", data={"what": "pdf"}, headers=SAME).status_code == 422
    form = {"what": "run", "members": "5000", "seed": "1"}
    address = door.post("/scenario/town/start", data=form, headers=SAME).headers["location"]
    time.sleep(3)
    door.post(f"{address}/stop", headers=SAME)
    assert waited(door, address)["state"] == "stopped"
    names = [str(path.relative_to(root)) for path in root.rglob("*")]
    assert not any("secret" in name for name in names)


def test_a_job_of_an_earlier_start_is_read_again(root: pathlib.Path) -> None:
    first = jobs.Jobs(root)
    job = first.start(["check", str(root / "town")], "town", "")
    assert job is not None
    first.running[job.id].wait(timeout=60)
    time.sleep(0.3)
    found = jobs.Jobs(root).job(job.id)
    assert found is not None
    assert (found.state, "no faults" in found.said) == ("done", True)
    (root / jobs.FOLDER / "jobs" / job.id / "code.txt").unlink()
    lost = jobs.Jobs(root).job(job.id)
    assert lost is not None
    assert lost.state == "lost"


# The command


def test_help_teaches() -> None:
    done = typer.testing.CliRunner().invoke(cli.app, ["serve", "--help"])
    assert done.exit_code == 0
    assert "Examples:\n    maabar serve" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "DIR: found 'nowhere', expected a folder that is there; make it first\n"),
        ([".", "--port", "x"], "--port: found 'x', expected a whole number from 0 to 65535\n"),
    ],
)
def test_a_door_that_cannot_be_opened_is_refused(words: list[str], message: str) -> None:
    done = typer.testing.CliRunner().invoke(cli.app, ["serve", *words])
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", message)


def test_a_port_that_is_taken_is_refused() -> None:
    with contextlib.closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(errors.RunError, match="which is taken or not allowed"):
            browser._listening(taken.getsockname()[1])


def test_without_the_extra_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(errors.RunError, match=r"pip install 'maabar\[app\]'"):
        browser.serve(pathlib.Path("."))


# In Chromium


@pytest.fixture
def served(root: pathlib.Path) -> Iterator[str]:
    """The link of a door that was opened from the command line."""
    process = subprocess.Popen(
        [sys.executable, "-m", "maabar", "serve", str(root), "--port", "0"], stdout=subprocess.PIPE, encoding="utf-8"
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process.stdout.readline().partition(": ")[2].strip()
    process.send_signal(2)
    process.wait(timeout=60)
    process.stdout.close()


@pytest.mark.slow
def test_a_newcomer_starts_edits_runs_compares_and_downloads(served: str, tmp_path: pathlib.Path) -> None:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    base, said = served.partition("/?")[0], []  # type: str, list[str]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda fault: said.append(str(fault)))
        page.goto(served)
        assert page.url == f"{base}/"
        page.fill("input[name=name]", "mine")
        page.get_by_role("button", name="Start").click()
        page.get_by_role("link", name="places.csv").first.click()
        page.locator("input[name='c-2-7']").fill("many")
        page.get_by_role("button", name="Save").first.click()
        page.wait_for_selector("input[aria-invalid]")
        page.locator("input[name='c-2-7']").fill("12500")
        spot = page.locator(".spot[tabindex]").nth(5)
        before = page.locator("input[name='c-7-5']").input_value()
        spot.focus()
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("Shift+ArrowDown")
        assert page.locator("input[name='c-7-5']").input_value() != before
        page.get_by_role("button", name="Save").first.click()
        page.wait_for_selector("text=No faults.")
        page.goto(f"{base}/scenario/mine")
        for variant in (0, 1):
            run = page.locator("form:has(input[value=run])")
            run.locator("input[name=members]").fill("12")
            run.locator("select[name=variant]").select_option(index=variant)
            run.get_by_role("button", name="Run").click()
            page.wait_for_selector("text=Open the run", timeout=90_000)
            address = page.get_by_role("link", name="Open the run").get_attribute("href")
            page.goto(f"{base}/scenario/mine")
        page.goto(f"{base}{address}")
        page.locator("form[action='/compare']").get_by_role("button").click()
        page.wait_for_selector("text=member by member")
        page.goto(f"{base}{address}")
        page.select_option("select[name=what]", "xlsx")
        page.get_by_role("button", name="Make").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="mine", exact=False).filter(has_text=".xlsx").first.click()
        download.value.save_as(tmp_path / "got.xlsx")
        assert (tmp_path / "got.xlsx").read_bytes().startswith(b"PK")
        page.select_option("select[name=what]", "report")
        page.get_by_role("button", name="Make").click()
        with context.expect_page() as opened:
            page.get_by_role("link", name="report").filter(has_text=".html").first.click()
        opened.value.wait_for_selector("html[data-drawn=yes]", timeout=60_000)
        for width in (380, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            for path in ("/", "/scenario/mine", "/scenario/mine/file/evidence.csv", str(address)):
                for code, direction in (("ar", "rtl"), ("en", "ltr")):
                    page.goto(f"{base}/language/{code}?back={path}")
                    assert page.locator("html").get_attribute("dir") == direction
                    assert page.evaluate("document.documentElement.scrollWidth") <= width + 1
        browser.close()
    assert said == []


@pytest.mark.slow
def test_a_browser_that_is_closed_while_a_run_is_at_work_loses_nothing(served: str) -> None:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    base = served.partition("/?")[0]
    with sync_api.sync_playwright() as playwright:
        for is_first in (True, False):
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page()
            page.goto(served)
            if is_first:
                page.goto(f"{base}/scenario/town")
                page.locator("form:has(input[value=run]) input[name=members]").fill("300")
                page.locator("form:has(input[value=run])").get_by_role("button", name="Run").click()
                page.wait_for_selector("#job")
                address = page.url
            else:
                page.goto(address)
                page.wait_for_selector("text=Open the run", timeout=90_000)
            browser.close()


def test_names_and_labels_are_there_for_screen_readers(door: testclient.TestClient) -> None:
    for path in ("/", "/scenario/town", "/scenario/town/file/places.csv"):
        text = door.get(path).text
        assert re.search(r'<html lang="en" dir="ltr">', text)
        assert 'class="skip" href="#main"' in text
        for tag in re.findall(r"<input[^>]*>", text):
            if 'type="hidden"' in tag or "aria-label" in tag:
                continue
            at = text.index(tag)
            assert text.rfind("<label", 0, at) > text.rfind("</label>", 0, at), tag
        assert len(re.findall(r"<h1", text)) == 1


@pytest.mark.slow
def test_places_ways_events_and_reports_are_edited_on_the_map(served: str, root: pathlib.Path) -> None:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    base, said = served.partition("/?")[0], []  # type: str, list[str]
    before = {name: (root / "town" / name).read_text() for name in ("places.csv", "routes.csv", "evidence.csv")}
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda fault: said.append(str(fault)))
        page.goto(served)

        def new(row: int, column: int) -> str:
            return page.locator(f"input[name='n-{row}-{column}']").input_value()

        page.goto(f"{base}/scenario/town/file/places.csv")
        page.locator("#map").dblclick(position={"x": 30, "y": 30})
        lat, lon = float(new(0, 5)), float(new(0, 6))
        shown = page.locator(".spot").first.evaluate("one => one.getAttribute('transform')")
        page.get_by_role("button", name="Nearer").click()
        assert page.locator("#map").evaluate("one => one.viewBox.baseVal.width") < 900
        page.locator("#map").dblclick(position={"x": 30, "y": 30})
        nearer = float(new(1, 5)), float(new(1, 6))
        assert nearer[0] < lat
        assert nearer[1] > lon
        names = page.locator(".map text:not(.crowded)").evaluate_all(
            "all => all.map(one => one.getBoundingClientRect()).map(box => [box.left, box.right, box.top, box.bottom])"
        )
        assert not [1 for a in names for b in names
                    if a is not b and a[0] < b[1] and a[1] > b[0] and a[2] < b[3] and a[3] > b[2]]  # fmt: skip
        page.get_by_role("button", name="Whole map").click()
        assert page.locator(".spot").first.evaluate("one => one.getAttribute('transform')").startswith(shown)
        page.on("dialog", lambda dialog: dialog.accept())

        page.goto(f"{base}/scenario/town/file/routes.csv")
        for place in ("old-town", "orchard"):
            page.locator(f".spot[data-id={place}]").focus()
            page.keyboard.press("Enter")
        assert (new(0, 0), new(0, 1)) == ("old-town", "orchard")
        assert page.locator("#told").text_content() == "to, new row 1: orchard"
        page.locator(".spot[data-id=north-camp] circle").click()
        assert new(1, 0) == "north-camp"
        page.locator("input[name='c-2-0']").focus()
        assert page.locator(".spot.chosen").count() == 2
        page.locator("input[name='n-1-0']").fill("")
        page.locator("input[name='n-0-2']").fill("9")
        page.get_by_role("button", name="Save").first.click()
        page.wait_for_selector("text=No faults.")
        assert (root / "town" / "routes.csv").read_text().startswith(before["routes.csv"].rstrip("\n"))
        assert "old-town,orchard,9" in (root / "town" / "routes.csv").read_text()

        page.goto(f"{base}/scenario/town/file/events.csv")
        target = page.locator("input[name='c-2-3']")
        target.focus()
        page.locator(".map line[data-id='old-town>orchard']").first.focus()
        page.keyboard.press("Enter")
        assert target.input_value() == "old-town>orchard"
        assert page.locator(".map line.chosen").count() == 2  # one of each mode

        page.goto(f"{base}/scenario/town/file/evidence.csv")
        page.locator(".spot[data-id=north-camp] circle").click()
        columns = [text.strip() for text in page.locator("th[scope=col] bdi").all_text_contents()]
        assert new(0, columns.index("place")) == "north-camp"
        browser.close()
    assert said == []
    assert (root / "town" / "places.csv").read_text() == before["places.csv"]
    assert (root / "town" / "evidence.csv").read_text() == before["evidence.csv"]
