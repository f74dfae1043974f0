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
if (map) {
  const box = map.viewBox.baseVal, whole = { x: box.x, y: box.y, width: box.width, height: box.height };
  const number = (name) => Number(map.dataset[name]);
  const where = (spot) => spot.getAttribute("transform").match(/-?[\d.]+/g).map(Number);
  const nearness = () => whole.width / box.width;
  const put = (spot, x, y) => spot.setAttribute("transform", `translate(${x} ${y}) scale(${1 / nearness()})`);
  const under = (event) => new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
  const spots = () => map.querySelectorAll(".spot");
  const tools = document.querySelector(".map-tools");

  // Nearer and further: marks and names keep their size, and names for which there is room come back.
  const zoom = (factor, x, y, [across, down]) => {
    const near = factor ? Math.min(Math.max(nearness() * factor, 1), 60) : 1;
    const width = whole.width / near, height = whole.height / near;
    look(near === 1 ? whole : { x: x - across * width, y: y - down * height, width, height });
    map.style.setProperty("--near", near);
    spots().forEach((spot) => put(spot, ...where(spot)));
    const taken = [];
    map.querySelectorAll("text").forEach((name) => {
      name.classList.remove("crowded");
      const a = name.getBoundingClientRect();
      if (taken.some((b) => a.left < b.right && a.right > b.left && a.top < b.bottom && a.bottom > b.top)) name.classList.add("crowded");
      else taken.push(a);
    });
  };
  const look = (to) => { box.x = to.x; box.y = to.y; box.width = to.width; box.height = to.height; };
  // The buttons go to the place that was chosen last, or to where most places are, and then to what is in view.
  let last = null;
  map.addEventListener("focusin", (event) => { last = event.target.closest(".spot") || last; });
  const middle = () => {
    if (nearness() > 1) return [box.x + box.width / 2, box.y + box.height / 2];
    const half = (axis) => [...spots()].map((spot) => where(spot)[axis]).sort((a, b) => a - b)[Math.floor(spots().length / 2)];
    return [half(0), half(1)];
  };
  if (tools) {
    tools.hidden = false;
    tools.addEventListener("click", (event) => {
      if (!event.target.dataset.zoom) return;
      zoom(Number(event.target.dataset.zoom), ...(last ? where(last) : middle()), [0.5, 0.5]);
      last = null;
    });
  }
  map.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const point = under(event);
    zoom(event.deltaY < 0 ? 1.25 : 0.8, point.x, point.y, [(point.x - box.x) / box.width, (point.y - box.y) / box.height]);
  }, { passive: false });

  const cell = (row, column) => row.querySelectorAll("td input")[column];
  const write = (input, text) => { input.value = text; input.dispatchEvent(new Event("input", { bubbles: true })); };
  const emptyRow = (columns) => {
    const free = () => [...rows.querySelectorAll("tr.new")].find((row) => columns.some((column) => !cell(row, column).value));
    if (!free()) add.click();
    return free();
  };

  // Places: dragged, or moved by arrow keys; a double click on empty ground begins a new one.
  const isMoved = map.dataset.lat !== undefined && rows;
  const degrees = (x, y) => [
    (number("middle") - (y - whole.height / 2) / number("scale")).toFixed(4),
    (number("centre") + (x - whole.width / 2) / (number("wide") * number("scale"))).toFixed(4),
  ];
  const move = (spot, x, y) => {
    put(spot, x, y);
    const said = degrees(x, y);
    ["lat", "lon"].forEach((axis, at) => write(document.getElementsByName(`c-${spot.dataset.line}-${map.dataset[axis]}`)[0], said[at]));
  };
  let held = null, from = null;
  map.addEventListener("pointerdown", (event) => {
    held = isMoved ? event.target.closest(".spot[tabindex]") : null;
    if (held) held.focus();
    else if (!event.target.closest("[tabindex]") && nearness() > 1) from = under(event);
    if (held || from) { map.setPointerCapture(event.pointerId); event.preventDefault(); }
  });
  map.addEventListener("pointermove", (event) => {
    const point = held || from ? under(event) : null;
    if (held) move(held, point.x, point.y);
    else if (from) { box.x += from.x - point.x; box.y += from.y - point.y; }
  });
  ["pointerup", "pointercancel"].forEach((kind) => map.addEventListener(kind, () => { held = from = null; }));
  if (isMoved) {
    map.addEventListener("dblclick", (event) => {
      if (event.target.closest(".spot")) return;
      const point = under(event), columns = [number("lat"), number("lon")], row = emptyRow(columns);
      degrees(point.x, point.y).forEach((text, at) => write(cell(row, columns[at]), text));
      cell(row, 0).focus();
    });
    map.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      const spot = event.target.closest(".spot[tabindex]");
      if (!step || !spot) return;
      event.preventDefault();
      const [x, y] = where(spot), far = (event.shiftKey ? 10 : 1) / nearness();
      move(spot, x + step[0] * far, y + step[1] * far);
    });
  }

  // Other tables: what is chosen on the map is written into the cell that was last in use, or else into a new row.
  if (map.dataset.pick && rows) {
    const picked = map.dataset.pick.split(" ").map(Number), told = document.getElementById("told");
    const inputs = (row) => [...row.querySelectorAll("td input")];
    let next = null;
    const show = (row) => {
      const named = picked.map((column) => cell(row, column)?.value || "");
      const ways = [named.join(">"), ...named];
      map.querySelectorAll("[data-id]").forEach((one) => {
        one.classList.toggle("chosen", ways.some((name) => name === one.dataset.id || name.startsWith(`${one.dataset.id}:`)));
      });
    };
    rows.addEventListener("focusin", (event) => {
      const row = event.target.closest("tr");
      next = picked.includes(inputs(row).indexOf(event.target)) ? event.target : null;
      show(row);
    });
    const choose = (id) => {
      const input = next || (() => { const row = emptyRow(picked); return cell(row, picked.find((column) => !cell(row, column).value)); })();
      const row = input.closest("tr"), at = picked.indexOf(inputs(row).indexOf(input));
      write(input, id);
      next = at + 1 < picked.length ? cell(row, picked[at + 1]) : null;
      told.textContent = `${input.getAttribute("aria-label")}: ${id}`;
      show(row);
    };
    map.addEventListener("click", (event) => { const one = event.target.closest("[data-id]"); if (one) choose(one.dataset.id); });
    map.addEventListener("keydown", (event) => {
      const one = event.target.closest("[data-id]");
      if (!one || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      choose(one.dataset.id);
    });
  }
}
