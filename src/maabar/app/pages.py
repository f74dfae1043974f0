"""The pages: what each address answers.

In: requests that passed the fence. Out: HTML in English or Arabic, files of products, and the state of jobs as JSON.
Forms work without a script; scripts add progress, rows and the dragging of places.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import urllib.parse
from pathlib import Path
from typing import Any

import jinja2
from starlette import applications, concurrency, exceptions, requests, responses, routing

from maabar import audience, errors, ran, scenario, texts, units
from maabar.app import desk, fence, jobs, lines, sketching
from maabar.formats import exports

TEMPLATES = Path(__file__).parent.parent / "templates" / "app"
STATIC = {"app.css": "text/css", "app.js": "text/javascript"}
NEW_ROWS = 3
ADDED = re.compile(r"n-(\d{1,6})-\d{1,4}")
ENCODING = "save it as CSV UTF-8 and try again"
FIELDS = 200_000
LANGUAGE = "lang"
MEMBERS, LEARNERS, AHEAD = "200", "300", "30"


class Pages:
    """The pages of one folder."""

    def __init__(self, root: Path) -> None:
        self.desk = desk.Desk(root)
        self.jobs = jobs.Jobs(self.desk.root)
        self.templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip

    def app(self) -> applications.Starlette:
        """The application without its fence."""
        get, post = (
            functools.partial(routing.Route, methods=["GET"]),
            functools.partial(routing.Route, methods=["POST"]),
        )
        return applications.Starlette(
            routes=[
                get("/", self.home),
                get("/static/{file}", self.static),
                get("/language/{code}", self.language),
                post("/new", self.new),
                get("/scenario/{name}", self.scenario),
                get("/scenario/{name}/file/{file}", self.file),
                post("/scenario/{name}/file/{file}", self.save),
                routing.Route("/scenario/{name}/upload/{file}", self.upload, methods=["PUT"]),
                post("/scenario/{name}/start", self.start),
                get("/job/{job}", self.job),
                get("/job/{job}/state", self.state),
                post("/job/{job}/stop", self.stop),
                get("/run/{name}", self.run),
                post("/run/{name}/make", self.make),
                get("/run/{name}/product/{file}", self.product),
                get("/run/{name}/why", self.why),
                get("/compare", self.compare),
            ],
            exception_handlers={
                errors.MaabarError: self.refused,
                exceptions.HTTPException: self.missing,
                Exception: self.broken,
            },
            lifespan=None,
        )

    # Answers

    def page(self, request: requests.Request, template: str, status: int = 200, **values: Any) -> responses.Response:
        """A page in the reader's language."""
        words = texts.of(self.spoken(request))
        names = {other: texts.of(other)("app.language") for other in texts.LANGUAGES if other != words.language}
        found = self.templates.get_template(template).render(
            t=words, languages=names, here=request.url.path, running=[one for one in self.jobs.all() if one.is_running],
            **values,
        )  # fmt: skip
        return responses.HTMLResponse(found, status)

    def spoken(self, request: requests.Request) -> str:
        """The language that was chosen, or that the browser asks for."""
        chosen = request.cookies.get(LANGUAGE, "")
        if chosen in texts.LANGUAGES:
            return chosen
        return "ar" if request.headers.get("accept-language", "").lower().startswith("ar") else "en"

    async def refused(self, request: requests.Request, fault: Exception) -> responses.Response:
        """What is wrong, in the words of the command line."""
        status = fault.status if isinstance(fault, desk.Refused) else 422
        if isinstance(fault, desk.Conflict):
            return await concurrency.run_in_threadpool(self.conflict, request, fault)
        return self.page(request, "refused.html.j2", status, message=str(fault))

    async def missing(self, request: requests.Request, fault: Exception) -> responses.Response:
        """An address that there is not."""
        status = fault.status_code if isinstance(fault, exceptions.HTTPException) else 404
        return self.page(request, "refused.html.j2", status, message=texts.of(self.spoken(request))("app.missing"))

    async def broken(self, request: requests.Request, fault: Exception) -> responses.Response:
        """A fault of maabar itself: nothing was written, and the terminal has the details."""
        said = texts.of(self.spoken(request))("app.broken", fault=f"{type(fault).__name__}: {fault}")
        return self.page(request, "refused.html.j2", 500, message=said)

    def conflict(self, request: requests.Request, fault: desk.Conflict) -> responses.Response:
        """Somebody else saved first: their text, and yours, which is not lost."""
        name = fault.now.path.parent.name
        return self.page(
            request, "conflict.html.j2", 409, name=name, file=fault.now.path.name, now=fault.now, mine=fault.mine
        )

    def go(self, where: str) -> responses.Response:
        """Go on to another page after a form."""
        return responses.RedirectResponse(urllib.parse.quote(where, safe="/?=&%#"), 303)

    # The folder

    def home(self, request: requests.Request) -> responses.Response:
        """Scenarios, runs and jobs."""
        return self.page(
            request, "home.html.j2", scenarios=self.desk.scenarios(), shipped=scenario.shipped(), runs=self.desk.runs(),
            jobs=self.jobs.all()[:12], root=str(self.desk.root),
        )  # fmt: skip

    def static(self, request: requests.Request) -> responses.Response:
        """Style and script."""
        file = request.path_params["file"]
        if file not in STATIC:
            raise exceptions.HTTPException(404)
        return responses.Response((TEMPLATES / file).read_bytes(), media_type=STATIC[file])

    def language(self, request: requests.Request) -> responses.Response:
        """Choose a language, and go back."""
        code = texts.of(request.path_params["code"]).language
        back = request.query_params.get("back", "/")
        answer = self.go(back if back.startswith("/") and not back.startswith("//") else "/")
        answer.set_cookie(LANGUAGE, code, httponly=True, samesite="strict")
        return answer

    async def new(self, request: requests.Request) -> responses.Response:
        """A new scenario, or a copy."""
        asked = await form(request)
        name = asked.get("name", "").strip()
        await concurrency.run_in_threadpool(self.desk.new, name, asked.get("like", ""))
        return self.go(f"/scenario/{name}")

    # A scenario

    def scenario(self, request: requests.Request) -> responses.Response:
        """Its files, its faults, its map, and what can be done with it."""
        name = request.path_params["name"]
        folder = self.desk.scenario(name)
        facts, faults = checked(folder)
        runs = [(run, said) for run, said in self.desk.runs() if said.get("scenario", {}).get("name") == name]
        return self.page(
            request, "scenario.html.j2", name=name, files=self.desk.files(name), facts=facts, faults=faults, runs=runs,
            map=sketching.drawn(self.desk, name, texts.of(self.spoken(request))), posteriors=self.desk.posteriors(),
            jobs=[job for job in self.jobs.all() if job.scenario == name][:8], defaults=(MEMBERS, LEARNERS, AHEAD),
            span=None if facts is None else (facts.start.isoformat(), facts.end.isoformat()),
        )  # fmt: skip

    def file(self, request: requests.Request) -> responses.Response:
        """A file as a table with its faults in place, or as text."""
        name, file = request.path_params["name"], request.path_params["file"]
        found = self.desk.read(name, file)
        as_text = "text" in request.query_params or not file.endswith(".csv")
        return self._editor(request, name, found, as_text=as_text, saved="saved" in request.query_params)

    def _editor(
        self, request: requests.Request, name: str, found: desk.Text, *, as_text: bool, saved: bool
    ) -> responses.Response:
        file = found.path.name
        _, faults = checked(found.path.parent)
        here = [fault for fault in faults if fault.file.endswith(f"/{file}")]
        parsed = [] if as_text else lines.read(found.text)
        head = lines.header(parsed)
        words = texts.of(self.spoken(request))
        columns = [cell.strip().lstrip("\ufeff") for cell in head.cells] if head else []
        return self.page(
            request, "text.html.j2" if head is None else "table.html.j2", name=name, file=file, found=found,
            faults=here, others=[fault for fault in faults if fault not in here], saved=saved, head=head, lines=parsed,
            by_cell={(fault.line, fault.column): str(fault) for fault in here}, new=range(NEW_ROWS),
            by_line={fault.line for fault in here},
            map=sketching.drawn(self.desk, name, words, file, columns) if file in sketching.CHOSEN and head else "",
            map_note="drag_note" if file == sketching.MOVED else "choose_note",
        )  # fmt: skip

    async def save(self, request: requests.Request) -> responses.Response:
        """Write a file: a text as it was sent, or a table of which only what changed is written anew."""
        name, file = request.path_params["name"], request.path_params["file"]
        asked = await form(request)
        seen = asked.get("digest", "")
        if "text" in asked:
            text = asked["text"].replace("\r\n", "\n")
        else:
            text = await concurrency.run_in_threadpool(self._edited, name, file, asked)
        await concurrency.run_in_threadpool(self.desk.save, name, file, text, seen)
        return self.go(f"/scenario/{name}/file/{file}?saved=1" + ("&text=1" if "text" in asked else ""))

    def _edited(self, name: str, file: str, asked: dict[str, str]) -> str:
        """The text with the cells of a form in it. Raises Conflict if it is not the text that the form was made of."""
        now = self.desk.read(name, file)
        parsed = lines.read(now.text)
        head = lines.header(parsed)
        width = len(head.cells) if head else 0
        changed, added = {}, []
        for line in parsed:
            sent = [asked.get(f"c-{line.number}-{column}") for column in range(max(width, len(line.cells)))]
            if line.cells and line is not head and any(cell is not None for cell in sent):
                kept = [*line.cells, *[""] * (len(sent) - len(line.cells))]
                cells = [old if cell is None else cell for old, cell in zip(kept, sent, strict=True)]
                while len(cells) > len(line.cells) and not cells[-1]:
                    cells.pop()
                changed[line.number] = cells
        numbers = sorted({int(found[1]) for key in asked if (found := ADDED.fullmatch(key))})
        for number in numbers:
            cells = [asked.get(f"n-{number}-{column}", "").strip() for column in range(width)]
            if any(cells):
                added.append(cells)
        removed = [int(key[2:]) for key in asked if key.startswith("d-") and key[2:].isdigit()]
        text = lines.edited(now.text, changed, removed, added)
        if now.digest != asked.get("digest", ""):
            raise desk.Conflict(now, text)
        return text

    async def upload(self, request: requests.Request) -> responses.Response:
        """A file from elsewhere in place of one that is here; `digest` is what its sender has seen."""
        name, file = request.path_params["name"], request.path_params["file"]
        content = await body(request)
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as fault:
            raise desk.Refused(415, f"{file}: found bytes that are no UTF-8; {ENCODING}") from fault
        if "\x00" in text:
            raise desk.Refused(415, f"{file}: found a file that is no text; {ENCODING}")
        seen = request.query_params.get("digest", "")
        await concurrency.run_in_threadpool(self.desk.save, name, file, text, seen)
        return responses.JSONResponse({"status": "saved"})

    # Jobs

    async def start(self, request: requests.Request) -> responses.Response:
        """Begin to run, calibrate or forecast."""
        asked, name = await form(request), request.path_params["name"]
        folder = self.desk.scenario(name)
        made = await concurrency.run_in_threadpool(self._begin, name, folder, asked)
        if made is None:
            raise desk.Refused(429, texts.of(self.spoken(request))("app.busy", number=jobs.MOST))
        return self.go(f"/job/{made.id}")

    def _begin(self, name: str, folder: Path, asked: dict[str, str]) -> jobs.Job | None:
        words, out = command(asked, folder, name, self.desk)
        return self.jobs.start(words, name, out)

    def _job(self, request: requests.Request) -> jobs.Job:
        name = request.path_params["job"]
        found = self.jobs.job(name) if desk.NAME.fullmatch(name) else None
        if found is None:
            raise exceptions.HTTPException(404)
        return found

    def job(self, request: requests.Request) -> responses.Response:
        """How far it is, what it printed, where its results are."""
        job = self._job(request)
        run = Path(job.out).name if job.state == "done" and job.out.startswith(f"{desk.RUNS}/") else ""
        return self.page(request, "job.html.j2", job=job, run=run)

    def state(self, request: requests.Request) -> responses.Response:
        """The same for the script."""
        return responses.JSONResponse(dataclasses.asdict(self._job(request)))

    async def stop(self, request: requests.Request) -> responses.Response:
        """End it; what is finished is kept."""
        job = self._job(request)
        self.jobs.stop(job.id)
        return self.go(f"/job/{job.id}")

    # A run

    def run(self, request: requests.Request) -> responses.Response:
        """Its numbers, its products, and what to compare it with."""
        name = request.path_params["name"]
        made = ran.open_run(self.desk.run(name))
        others = [
            one for one, said in self.desk.runs()
            if one != name and said.get("scenario", {}).get("name") == made.manifest["scenario"]["name"]
        ]  # fmt: skip
        about = made.manifest
        evening = about.get("forecast", {}).get("origin", "") if isinstance(about.get("forecast"), dict) else ""
        return self.page(
            request, "run.html.j2", name=name, about=about, others=others, evening=evening,
            headlines=made.headlines(self.spoken(request)),
            products=[path.name for path in self.desk.products(name)], audiences=list(audience.AUDIENCES),
            formats=exports.formats(exports.ALL), is_learned=made.calibration is not None,
            home=next((one for one in self.desk.scenarios() if one == about["scenario"]["name"]), ""),
        )  # fmt: skip

    async def make(self, request: requests.Request) -> responses.Response:
        """Make a product for an audience."""
        name, asked = request.path_params["name"], await form(request)
        await concurrency.run_in_threadpool(self._make, name, asked)
        return self.go(f"/run/{name}#products")

    def _make(self, name: str, asked: dict[str, str]) -> None:
        made = ran.open_run(self.desk.run(name))
        reader = audience.named(asked.get("audience", "public")).name
        what, out = asked.get("what", ""), made.path / desk.PRODUCTS
        if what == "report":
            lang = texts.of(asked.get("lang", "en")).language
            path = out / ran.named("report.html", reader, lang)
            made.report(path, audience=reader, lang=lang, command="maabar serve")
        elif what == "papers":
            made.papers(out, audience=reader, command="maabar serve")
        elif what in ("picture", "why"):
            quantity, place, *_ = (*asked.get("asked", "").strip().split("/"), "", "")
            name = "-".join(re.sub(r"\W+", "-", part) for part in (what, quantity, place) if part.strip("*"))
            path = out / ran.named(f"{name[:60]}.{'png' if what == 'picture' else 'txt'}", reader)
            if what == "picture":
                made.picture(quantity, place or None, out=path, audience=reader, command="maabar serve")
            else:
                made.why(asked.get("asked", "").strip(), audience=reader, out=path, command="maabar serve")
        elif what in ("situation", "paper"):
            on = units.date_of(asked.get("on") or None, "--on")
            lang = texts.of(asked.get("lang", "en")).language
            made.situation(out, audience=reader, lang=lang, pdf=what == "paper", on=on, command="maabar serve")
        else:
            made.export(what, out, audience=reader, command="maabar serve")

    def product(self, request: requests.Request) -> responses.Response:
        """A file that was made; pages run apart from these."""
        path = self.desk.product(request.path_params["name"], request.path_params["file"])
        if path.suffix == ".html" and "download" not in request.query_params:
            return responses.FileResponse(path, headers={"content-security-policy": fence.SANDBOX})
        return responses.FileResponse(path, filename=path.name, headers={"content-security-policy": fence.SANDBOX})

    def why(self, request: requests.Request) -> responses.Response:
        """Which reports hold a number up."""
        name = request.path_params["name"]
        asked = request.query_params.get("asked", "").strip()
        found = str(ran.open_run(self.desk.run(name)).why(asked))
        return self.page(request, "why.html.j2", name=name, asked=asked, found=found)

    def compare(self, request: requests.Request) -> responses.Response:
        """What one run changed against another."""
        base, other = request.query_params.get("base", ""), request.query_params.get("other", "")
        found = ran.compare(self.desk.run(base), self.desk.run(other))
        return self.page(
            request, "compare.html.j2", base=base, other=other, rows=found.rows(self.spoken(request)), note=found.note,
            sides=[(one, ran.open_run(self.desk.run(one)).headlines(self.spoken(request))) for one in (base, other)],
        )  # fmt: skip


def checked(folder: Path) -> tuple[scenario.Scenario | None, tuple[errors.Fault, ...]]:
    """The facts of a scenario, or all faults of its files."""
    try:
        return scenario.load(folder), ()
    except errors.InputError as found:
        return None, tuple(found.faults)


def command(asked: dict[str, str], folder: Path, name: str, kept: desk.Desk) -> tuple[list[str], str]:
    """The words of a job, and the folder that it writes. Raises errors.RunError for what cannot be asked."""
    import datetime as dt

    what, stamp = asked.get("what", ""), dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S")
    if what not in ("run", "calibrate", "forecast"):
        raise desk.Refused(422, f"found {errors.quote(what)}, expected run, calibrate or forecast")
    variant = asked.get("variant", "").strip()
    label = "-".join(filter(None, (name, variant if desk.NAME.fullmatch(variant) else "", what, stamp)))
    out = f"{desk.POSTERIORS if what == 'calibrate' else desk.RUNS}/{label}"
    words = [what, str(folder), "--out", out]
    for option, key in (("members", "--members"), ("seed", "--seed"), ("days", "--days")):
        if asked.get(option, "").strip() and (option != "days" or what == "forecast"):
            words += [key, str(whole(asked[option], key))]
    for option, key in (("until", "--until"), ("origin", "--origin")):
        day = units.date_of(asked.get(option, "").strip() or None, key)
        if day is not None:
            words += [key, day.isoformat()]
    if variant and what != "calibrate":
        words += ["--variant", variant]
    posterior = asked.get("posterior", "").strip()
    if posterior and what != "calibrate":
        words += ["--posterior", str(kept.inside(desk.POSTERIORS, posterior))]
    if what == "run" and "what_ifs" not in asked:
        words.append("--no-what-ifs")
    return words, out


def whole(text: str, where: str) -> int:
    """A whole number from a form. Raises errors.RunError."""
    try:
        return int(units.western(text.strip()))
    except ValueError as fault:
        raise errors.RunError(f"{where}: found {errors.quote(text)}, expected a whole number") from fault


async def body(request: requests.Request) -> bytes:
    """What was sent. Raises Refused if the sender broke off, or sent more than it may."""
    try:
        return await request.body()
    except requests.ClientDisconnect as fault:
        raise desk.Refused(413, f"found more than {fence.LARGEST:,} bytes, or a broken connection") from fault


async def form(request: requests.Request) -> dict[str, str]:
    """A form as it was sent. Raises Refused for what is none."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    content = await body(request)
    if kind != "application/x-www-form-urlencoded":
        raise desk.Refused(415, f"found {errors.quote(kind)}, expected a form")
    try:
        pairs = urllib.parse.parse_qsl(content.decode(), keep_blank_values=True, max_num_fields=FIELDS, errors="strict")
    except ValueError as fault:
        raise desk.Refused(400, "found a form that cannot be read") from fault
    return dict(pairs)
