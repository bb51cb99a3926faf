
"use strict";
(() => {
  // Tables: a click on a head sorts by the number behind the cell, or by its text; a second one the other way.
  const key = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
  };
  const compare = (a, b) => {
    const numbers = typeof a === "number";
    if (numbers !== (typeof b === "number")) return numbers ? -1 : 1;
    return numbers ? a - b : a.localeCompare(b, document.documentElement.lang, { numeric: true });
  };
  for (const button of document.querySelectorAll("th button")) {
    button.addEventListener("click", () => {
      const head = button.parentElement;
      const body = head.closest("table").tBodies[0];
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = Array.from(body.rows);
      rows.sort((a, b) => compare(key(a, head.cellIndex), key(b, head.cellIndex)) * (down ? -1 : 1));
      body.append(...rows);
    });
  }

  // Charts: what the place under the pointer stands for.
  const tip = document.getElementById("tip");
  document.addEventListener("pointermove", (event) => {
    const words = event.target.getAttribute && event.target.getAttribute("data-tip");
    tip.hidden = !words;
    if (!words) return;
    if (tip.textContent !== words) tip.textContent = words;
    const { width, height } = tip.getBoundingClientRect();
    const left = event.clientX + 14 + width > innerWidth ? event.clientX - 14 - width : event.clientX + 14;
    const top = Math.min(event.clientY + 14, innerHeight - height - 4);
    tip.style.transform = `translate(${Math.max(left, 4)}px, ${Math.max(top, 4)}px)`;
  });

  // Sliders: every figure was billed beforehand and is only looked up here.
  const held = document.getElementById("what-if");
  if (!held) return;
  const data = JSON.parse(held.textContent);
  const level = document.getElementById("level");
  const demand = document.getElementById("demand");
  const places = data.stops.flat().map((stop) => Number(stop[4])).concat(0);
  const least = Math.min(...places);
  const most = Math.max(...places);
  const NS = "http://www.w3.org/2000/svg";
  const make = (parent, name, attributes, text) => {
    const element = document.createElementNS(NS, name);
    for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  };
  const FRAME = { left: 8, right: 792, top: 22, bottom: 190 };
  const x = (at) => FRAME.left + (at / Math.max(data.levels.length - 1, 1)) * (FRAME.right - FRAME.left);
  const y = (saved) => FRAME.bottom - ((saved - least) / (most - least || 1)) * (FRAME.bottom - FRAME.top);
  const draw = (at, change) => {
    const room = document.getElementById("curve");
    room.textContent = "";
    if (data.levels.length < 2) return;
    const saved = data.stops[change].map((stop) => Number(stop[4]));
    // As wide as its room, so that its words keep their size.
    const width = room.clientWidth || 800;
    FRAME.right = width - 8;
    const svg = make(room, "svg", { viewBox: `0 0 ${width} 226`, role: "img", "aria-label": data.words[1] });
    make(svg, "line", { class: "axis", x1: FRAME.left, x2: FRAME.right, y1: y(0), y2: y(0) });
    make(svg, "text", { x: FRAME.left, y: y(0) + 15 }, data.words[0]);
    make(svg, "polyline", { class: "saved", points: saved.map((value, index) => `${x(index)},${y(value)}`).join(" ") });
    make(svg, "circle", { class: "own", cx: x(data.chosen), cy: y(saved[data.chosen]), r: 7 });
    make(svg, "circle", { class: "now", cx: x(at), cy: y(saved[at]), r: 4.5 });
    make(svg, "text", { x: FRAME.left, y: 218 }, data.levels[0]);
    make(svg, "text", { x: FRAME.right, y: 218, "text-anchor": "end" }, data.levels[data.levels.length - 1]);
    const anchor = at > data.levels.length * 0.75 ? "end" : at < data.levels.length * 0.25 ? "start" : "middle";
    make(svg, "text", { x: x(at), y: Math.max(y(saved[at]) - 12, 12), "text-anchor": anchor }, data.stops[change][at][2]);
  };
  const show = () => {
    const at = level ? Number(level.value) : data.chosen;
    const change = Number(demand.value);
    const stop = data.stops[change][at];
    // A reader of screens says what a position means, not its number.
    const say = (slider, words) => {
      document.getElementById(`${slider.id}-now`).textContent = words;
      slider.setAttribute("aria-valuetext", words);
    };
    if (level) say(level, data.levels[at]);
    say(demand, data.changes[change]);
    ["cost", "on-demand", "saving", "share"].forEach((id, index) => {
      document.getElementById(id).textContent = stop[index];
    });
    draw(at, change);
  };
  // A link may name a position: report.html#level=12&demand=6.
  const asked = new URLSearchParams(location.hash.slice(1));
  for (const slider of [level, demand]) {
    if (!slider) continue;
    if (asked.has(slider.id)) slider.value = asked.get(slider.id);
    slider.addEventListener("input", show);
  }
  addEventListener("resize", show);
  document.querySelector(".controls").hidden = false;
  show();
})();
