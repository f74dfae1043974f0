// Adds to pages that work without it: progress that moves, more rows, marks on what was changed, places that can be dragged,
// uploads. Asks nothing of any other address.
"use strict";

const job = document.getElementById("job");
if (job && job.dataset.state === "running") {
  const line = document.getElementById("job-line"), bar = document.getElementById("job-share");
  const ask = async () => {
    try {
      const answer = await fetch(job.dataset.ask, { credentials: "same-origin" });
      const now = await answer.json();
      line.textContent = now.line;
      if (now.share === null) bar.removeAttribute("value"); else bar.value = now.share;
      if (now.state !== "running") { location.reload(); return; }
    } catch (fault) { line.textContent = "…"; }
    setTimeout(ask, 1000);
  };
  setTimeout(ask, 400);
}

const editor = document.getElementById("editor");
if (editor) {
  let isChanged = false;
  editor.addEventListener("input", (event) => { isChanged = true; event.target.classList.add("changed"); });
  editor.addEventListener("submit", () => { isChanged = false; });
  addEventListener("beforeunload", (event) => { if (isChanged) event.preventDefault(); });
}

const rows = document.getElementById("rows"), add = document.getElementById("add-row");
if (rows && add) {
  add.hidden = false;
  add.addEventListener("click", () => {
    const last = rows.querySelector("tr.new:last-child"), fresh = last.cloneNode(true);
    const number = rows.querySelectorAll("tr.new").length;
    fresh.querySelectorAll("input").forEach((input, column) => {
      input.name = `n-${number}-${column}`;
      input.value = "";
      input.setAttribute("aria-label", input.getAttribute("aria-label").replace(/\d+$/, String(number + 1)));
    });
    rows.append(fresh);
    fresh.querySelector("input").focus();
  });
}

const upload = document.getElementById("upload");
if (upload) {
  upload.closest("label").hidden = false;
  upload.addEventListener("change", async () => {
    const told = document.getElementById("told");
    const answer = await fetch(upload.dataset.to, { method: "PUT", body: upload.files[0], credentials: "same-origin" });
    if (answer.ok) location.assign(location.pathname + "?saved=1");
    else {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      told.textContent = (page.querySelector("[role=alert]") || page.body).textContent.trim();
    }
  });
}

const map = document.getElementById("map");
if (map && map.dataset.scale) {
  const { middle, centre, wide, scale } = Object.fromEntries(Object.entries(map.dataset).map(([k, v]) => [k, Number(v)]));
  const box = map.viewBox.baseVal;
  const place = (spot, x, y) => {
    spot.setAttribute("transform", `translate(${x} ${y})`);
    const to = (column, value) => {
      const cell = document.getElementsByName(`c-${spot.dataset.line}-${column}`)[0];
      cell.value = value.toFixed(4);
      cell.dispatchEvent(new Event("input", { bubbles: true }));
    };
    to(spot.dataset.lat, middle - (y - box.height / 2) / scale);
    to(spot.dataset.lon, centre + (x - box.width / 2) / (wide * scale));
  };
  const where = (spot) => spot.getAttribute("transform").match(/-?[\d.]+/g).map(Number);
  let held = null;
  map.addEventListener("pointerdown", (event) => {
    held = event.target.closest(".spot[tabindex]");
    if (held) { map.setPointerCapture(event.pointerId); event.preventDefault(); held.focus(); }
  });
  map.addEventListener("pointermove", (event) => {
    if (!held) return;
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
    place(held, point.x, point.y);
  });
  map.addEventListener("pointerup", () => { held = null; });
  map.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const spot = event.target.closest(".spot[tabindex]");
    if (!step || !spot) return;
    event.preventDefault();
    const [x, y] = where(spot);
    place(spot, x + step[0] * (event.shiftKey ? 10 : 1), y + step[1] * (event.shiftKey ? 10 : 1));
  });
}
