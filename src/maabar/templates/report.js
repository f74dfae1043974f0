"use strict";
// The page's own script: draws the charts from the data in the page, and the map with its day slider. No request is made.
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const PRINT_WIDTH = 690;
  const printed = (n) => (n < 0 ? "<" + data.map.least : n.toLocaleString("en-US"));

  // ---- charts: one after the other, so that the page answers meanwhile
  const boxes = Array.from(document.querySelectorAll(".chart"));
  const settings = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: false };
  function draw(box) {
    if (box.dataset.drawn) return;
    box.dataset.drawn = "yes";
    const chart = data.charts[box.dataset.chart];
    box.style.minHeight = chart.layout.height + "px";
    Plotly.newPlot(box, chart.data, chart.layout, settings);
  }
  function drawNext(at) {
    if (at >= boxes.length) {
      root.dataset.drawn = "yes";
      return;
    }
    draw(boxes[at]);
    setTimeout(drawNext, 0, at + 1);
  }

  // ---- the map
  const map = data.map;
  const canvas = document.getElementById("map-canvas");
  const slider = document.getElementById("day");
  const dateText = document.getElementById("date");
  const play = document.getElementById("play");
  const most = Math.max(1, ...map.spots.map((spot) => Math.max(...spot.n)));
  const order = map.spots.map((spot, at) => at).sort((a, b) => Math.max(...map.spots[b].n) - Math.max(...map.spots[a].n));
  let frame = map.frames[0].box;
  let circles = [];
  let rings = [];
  let biggest = 40;

  function element(name, attributes, parent) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const key in attributes) made.setAttribute(key, attributes[key]);
    if (parent) parent.appendChild(made);
    return made;
  }

  function scaleOf(width) {
    const [left, top, right, bottom] = frame;
    const wanted = (width * (bottom - top)) / (right - left);
    const height = Math.round(Math.min(Math.max(wanted, 240), Math.max(300, Math.min(560, width))));
    const scale = Math.min(width / (right - left), height / (bottom - top));
    const x0 = (width - scale * (right - left)) / 2;
    const y0 = (height - scale * (bottom - top)) / 2;
    return { width, height, scale, at: ([x, y]) => [x0 + (x - left) * scale, y0 + (y - top) * scale] };
  }

  // A place beyond the frame stands at the edge, in its direction from the middle.
  function inside(point, view) {
    const [x, y] = point;
    const pad = 10;
    if (x >= 0 && x <= view.width && y >= 0 && y <= view.height) return { point, isFar: false };
    const cx = view.width / 2, cy = view.height / 2;
    const shrink = Math.min((cx - pad) / Math.abs(x - cx || 1e-9), (cy - pad) / Math.abs(y - cy || 1e-9));
    return { point: [cx + (x - cx) * shrink, cy + (y - cy) * shrink], isFar: true };
  }

  function titled(attributes, svg) {
    const circle = element("circle", attributes, svg);
    return { circle, title: element("title", {}, circle) };
  }

  function layOut(width) {
    const view = scaleOf(width);
    biggest = Math.min(46, Math.max(22, width / 18));
    canvas.textContent = "";
    const svg = element("svg", { viewBox: `0 0 ${view.width} ${view.height}`, height: view.height, "aria-hidden": "true" }, canvas);
    for (const river of map.rivers) {
      const points = river.xy.map((xy) => view.at(xy).map((n) => n.toFixed(1)).join(",")).join(" ");
      element("polyline", { points, class: "river-line" }, svg);
    }
    for (const [x1, y1, x2, y2] of map.roads) {
      const [a, b] = [view.at([x1, y1]), view.at([x2, y2])];
      element("line", { x1: a[0], y1: a[1], x2: b[0], y2: b[1], class: "road-line" }, svg);
    }
    const places = map.spots.map((spot) => inside(view.at(spot.xy), view));
    circles = [];
    rings = [];
    for (const at of order) {
      const spot = map.spots[at];
      const [cx, cy] = places[at].point;
      circles[at] = titled({ cx, cy, r: 0, class: spot.kind, "data-spot": at }, svg);
      if (spot.besieged.some((n) => n !== 0)) rings[at] = titled({ cx, cy, r: 0, class: "besieged" }, svg);
    }
    const taken = [[0, view.height - 30, view.width / 4 + 60, view.height], [view.width - 40, 0, view.width, 26]];
    for (const { point } of places) taken.push([point[0] - 3, point[1] - 3, point[0] + 3, point[1] + 3]);
    for (const at of order) label(map.spots[at], places[at], view, svg, taken);
    rivers(view, svg, taken);
    rule(view, svg);
    show(Number(slider.value));
  }

  function fits(box, view, taken) {
    const isIn = box[0] >= 2 && box[1] >= 2 && box[2] <= view.width - 2 && box[3] <= view.height - 2;
    return isIn && !taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]);
  }

  // Names stand right, left, below or above their circle, or at a corner of it, the largest place first; a name without
  // room is left to the list. The name of a district stands in two lines; homes may have theirs farther off, on a line.
  function label(spot, place, view, svg, taken) {
    const [x, y] = place.point;
    const edge = radius(Math.max(0, ...spot.n));
    const longest = view.width < 500 ? 22 : 34;
    const km = Math.round(Math.hypot(spot.xy[0], spot.xy[1]));
    const text = element("text", { "font-weight": spot.kind === "home" ? 700 : 400 }, svg);
    const lines = spot.kind === "home" ? spot.name.split(/(?<=,) /) : [spot.name];
    const spans = lines.map((line, at) => {
      const span = element("tspan", at ? { dy: 14 } : {}, text);
      span.textContent = line.length > longest ? line.slice(0, longest - 1) + "…" : line;
      return span;
    });
    if (place.isFar) spans[spans.length - 1].textContent += ` (${km} km)`;
    const width = Math.max(...spans.map((span) => span.getComputedTextLength()));
    const more = 14 * (lines.length - 1);
    const farther = spot.kind === "home" ? [20, 30, 45, 70].map((more) => edge + more) : [];
    for (const away of [Math.min(14, edge) + 5, edge + 5, ...farther]) {
      const around = [[x + away, y + 4 - more / 2, "start"], [x - away, y + 4 - more / 2, "end"], [x, y + away + 11, "middle"], [x, y - away - 4 - more, "middle"]];
      const corner = 0.7 * away;
      for (const [dx, anchor] of [[corner, "start"], [-corner, "end"]]) {
        around.push([x + dx, y + corner + 11, anchor], [x + dx, y - corner - 4 - more, anchor]);
      }
      for (const [tx, ty, anchor] of around) {
        const left = anchor === "start" ? tx : anchor === "end" ? tx - width : tx - width / 2;
        const box = [left - 1, ty - 12, left + width + 1, ty + 4 + more];
        if (!fits(box, view, taken)) continue;
        text.setAttribute("y", ty);
        text.setAttribute("text-anchor", anchor);
        for (const span of spans) span.setAttribute("x", tx);
        taken.push(box);
        if (away > edge + 5) {
          const near = [Math.max(box[0], Math.min(x, box[2])), Math.max(box[1], Math.min(y, box[3]))];
          element("line", { x1: x, y1: y, x2: near[0], y2: near[1], class: "leader" }, svg);
        }
        return;
      }
    }
    text.remove();
  }

  function rivers(view, svg, taken) {
    for (const river of map.rivers) {
      const text = element("text", { class: "water" }, svg);
      text.textContent = river.ar ? `${river.name} ${river.ar}` : river.name;
      const width = text.getBBox().width;
      const spot = river.xy.map(view.at).find(([x, y]) => fits([x - width / 2, y - 20, x + width / 2, y - 4], view, taken));
      if (!spot) {
        text.remove();
        continue;
      }
      text.setAttribute("x", spot[0]);
      text.setAttribute("y", spot[1] - 8);
      text.setAttribute("text-anchor", "middle");
      taken.push([spot[0] - width / 2, spot[1] - 20, spot[0] + width / 2, spot[1] - 4]);
    }
  }

  function rule(view, svg) {
    const km = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].filter((n) => n * view.scale < view.width / 4).pop() || 1;
    const [x, y] = [12, view.height - 12];
    element("path", { d: `M${x},${y - 5}V${y}H${x + km * view.scale}V${y - 5}`, fill: "none", stroke: "#1b1f24" }, svg);
    element("text", { x: x + km * view.scale + 5, y }, svg).textContent = `${km} km`;
    element("text", { x: view.width - 12, y: 18, "text-anchor": "end" }, svg).textContent = "↑ N";
  }

  function radius(n) {
    return n <= 0 ? 2.5 : Math.max(2.5, biggest * Math.sqrt(n / most));
  }

  function show(day) {
    const date = new Date(Date.parse(map.start + "T00:00:00Z") + day * 86400000);
    const words = date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
    dateText.textContent = words;
    slider.setAttribute("aria-valuetext", words);
    map.spots.forEach((spot, at) => {
      const n = spot.n[day];
      const besieged = rings[at] ? spot.besieged[day] : 0;
      const said = `${spot.name}: ${printed(n)} people` + (rings[at] ? `, ${printed(besieged)} of them besieged` : "");
      const { circle, title } = circles[at];
      // Where all are besieged only the inner disc is filled, so that its colour is that of the legend.
      circle.classList.toggle("empty", n === 0 || besieged === n);
      circle.setAttribute("r", radius(n).toFixed(1));
      title.textContent = said;
      if (!rings[at]) return;
      rings[at].circle.setAttribute("r", besieged === 0 ? 0 : radius(besieged).toFixed(1));
      rings[at].title.textContent = said;
    });
    for (const row of rows) {
      row.cell.textContent = printed(row.n[day]);
      if (row.kind === "home") row.dot.className = row.besieged.length && row.besieged[day] ? "dot besieged" : "dot home";
    }
  }

  // ---- the same numbers as a list, for those who cannot see the map
  const rows = [];
  function list(parent, entries) {
    const ul = parent.appendChild(document.createElement("ul"));
    for (const entry of entries) {
      const li = ul.appendChild(document.createElement("li"));
      const dot = li.appendChild(document.createElement("i"));
      dot.className = entry.kind ? `dot ${entry.kind}` : "none";
      const who = li.appendChild(document.createElement("span"));
      who.className = "who";
      who.appendChild(document.createElement("bdi")).textContent = entry.name;
      if (entry.ar) {
        const ar = who.appendChild(document.createElement("bdi"));
        ar.className = "ar";
        ar.lang = "ar";
        ar.dir = "auto";
        ar.before(" ");
        ar.textContent = entry.ar;
      }
      const cell = li.appendChild(document.createElement("span"));
      cell.className = "n";
      rows.push({ cell, dot, n: entry.n, kind: entry.kind, besieged: entry.besieged });
    }
  }
  function lists() {
    const people = document.getElementById("people");
    people.textContent = "";
    const entries = order.map((at) => map.spots[at]).filter((spot) => spot.n.some((n) => n !== 0));
    list(people, [...map.others, ...entries.slice(0, 9)]);
    if (entries.length <= 9) return;
    const more = people.appendChild(document.createElement("details"));
    more.appendChild(document.createElement("summary")).textContent = `${entries.length - 9} more places`;
    list(more, entries.slice(9));
  }

  function frames() {
    const group = document.getElementById("frames");
    if (map.frames.length < 2) return;
    map.frames.forEach((one, at) => {
      const button = group.appendChild(document.createElement("button"));
      button.type = "button";
      button.textContent = one.name;
      button.setAttribute("aria-pressed", String(at === 0));
      button.addEventListener("click", () => {
        frame = one.box;
        for (const other of group.children) other.setAttribute("aria-pressed", String(other === button));
        layOut(canvas.clientWidth);
      });
    });
  }

  let timer = 0;
  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
  }
  function step() {
    if (Number(slider.value) >= Number(slider.max)) return stop();
    slider.value = Number(slider.value) + 1;
    show(Number(slider.value));
  }
  play.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(slider.value) >= Number(slider.max)) slider.value = 0;
    play.textContent = "Pause";
    timer = setInterval(step, matchMedia("(prefers-reduced-motion: reduce)").matches ? 600 : 90);
  });
  slider.addEventListener("input", () => {
    stop();
    show(Number(slider.value));
  });

  lists();
  frames();
  layOut(canvas.clientWidth);
  slider.disabled = play.disabled = false;
  let width = canvas.clientWidth;
  addEventListener("resize", () => {
    if (canvas.clientWidth === width) return;
    width = canvas.clientWidth;
    layOut(width);
  });
  drawNext(0);

  // ---- print: everything drawn, at the width of a page
  addEventListener("beforeprint", () => {
    stop();
    boxes.forEach(draw);
    layOut(PRINT_WIDTH);
    for (const box of boxes) Plotly.relayout(box, { width: PRINT_WIDTH / 2 - 24, autosize: false });
  });
  addEventListener("afterprint", () => {
    layOut(canvas.clientWidth);
    for (const box of boxes) Plotly.relayout(box, { width: null, autosize: true });
  });
})();
