// The body chart: one tab stop per figure, arrow keys walk the regions, Enter or a tap adds a point there.
// The list of places beside it does the same without this script.

const ARROWS = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };
const NARROW = window.matchMedia("(max-width: 699.98px)");
const PAIN_STEP = 2;

for (const chart of document.querySelectorAll("[data-body-chart]")) prepare(chart);

async function prepare(chart) {
  await Promise.all([...chart.querySelectorAll("[data-drawing]")].map((body) => draw(chart, body)));
  colour(chart);
  document.addEventListener("record:renewed", () => colour(chart));
}

async function draw(chart, body) {
  const response = await fetch(body.dataset.drawing);
  if (!response.ok) return;
  const text = await response.text();
  const svg = document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
  body.querySelector("img").replaceWith(svg);
  svg.dataset.whole = svg.getAttribute("viewBox");
  if (chart.dataset.placer) makeUsable(chart, body, svg);
  else svg.setAttribute("aria-hidden", "true");
}

function makeUsable(chart, body, svg) {
  const regions = [...svg.querySelectorAll("[data-region]")];
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", body.dataset.label);
  regions.forEach((region, index) => {
    region.setAttribute("role", "button");
    region.setAttribute("aria-label", region.dataset.name);
    region.setAttribute("tabindex", index ? "-1" : "0");
  });
  const view = body.closest("[data-view]").dataset.view;
  svg.addEventListener("keydown", (event) => walk(event, chart, svg, view));
  svg.addEventListener("click", (event) => tap(event, chart, svg, view));
  svg.addEventListener("focusin", (event) => name(chart, event.target.dataset.name));
  svg.addEventListener("pointerover", (event) => name(chart, event.target.dataset?.name));
}

function walk(event, chart, svg, view) {
  const region = event.target.closest("[data-region]");
  if (!region) return;
  if (ARROWS[event.key]) {
    event.preventDefault();
    const next = svg.querySelector(`[data-region="${CSS.escape(region.dataset[ARROWS[event.key]] ?? "")}"]`);
    if (next) move(region, next);
  } else if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    place(chart, `${view}/${region.dataset.region}`);
  } else if (event.key === "Escape") {
    zoomOut(chart);
  }
}

function move(from, to) {
  from.setAttribute("tabindex", "-1");
  to.setAttribute("tabindex", "0");
  to.focus();
}

function tap(event, chart, svg, view) {
  const region = event.target.closest("[data-region]");
  if (!region) return;
  const isWhole = svg.getAttribute("viewBox") === svg.dataset.whole;
  const at = inDrawing(event, svg);
  // Regions of the whole figure are too small for a finger: the first tap shows the zone, the second places the mark.
  if (NARROW.matches && isWhole) {
    zoomIn(chart, svg, at);
    return;
  }
  const [, , width, height] = svg.dataset.whole.split(" ").map(Number);
  const scale = (value, size) => Math.min(1000, Math.max(0, Math.round((value * 1000) / size)));
  place(chart, `${view}/${scale(at.x, width)},${scale(at.y, height)}`);
  zoomOut(chart);
}

function inDrawing(event, svg) {
  return new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
}

function place(chart, where) {
  const detail = [["_action", chart.dataset.placer], ["_place", where]];
  chart.dispatchEvent(new CustomEvent("record:act", { bubbles: true, detail }));
}

function zoomIn(chart, svg, at) {
  const zones = svg.dataset.zones.split(";").map((box) => box.split(" ").map(Number));
  const fits = zones.filter(([x, y, w, h]) => at.x >= x && at.x <= x + w && at.y >= y && at.y <= y + h);
  const distance = ([x, y, w, h]) => Math.hypot(at.x - x - w / 2, at.y - y - h / 2);
  const zone = fits.sort((a, b) => distance(a) - distance(b))[0];
  if (!zone) return;
  setBox(svg, zone.join(" "));
  chart.classList.add("pc-chart-zoomed");
  svg.closest("[data-view]").classList.add("pc-chart-large");
  const back = document.createElement("button");
  back.type = "button";
  back.className = "pc-chip";
  back.dataset.chartBack = "";
  back.textContent = chart.dataset.whole;
  back.addEventListener("click", () => zoomOut(chart));
  chart.prepend(back);
}

function zoomOut(chart) {
  chart.querySelector("[data-chart-back]")?.remove();
  chart.classList.remove("pc-chart-zoomed");
  for (const figure of chart.querySelectorAll(".pc-chart-large")) figure.classList.remove("pc-chart-large");
  for (const svg of chart.querySelectorAll("svg[data-whole]")) setBox(svg, svg.dataset.whole);
}

function setBox(svg, box) {
  svg.setAttribute("viewBox", box);
  svg.parentElement.querySelector(".pc-chart-pins")?.setAttribute("viewBox", box);
}

function name(chart, text) {
  if (text) chart.querySelector("[data-chart-name]").textContent = text;
}

// Regions with a mark take the colour of its pain score.
function colour(chart) {
  for (const region of chart.querySelectorAll("[data-region][data-pain]")) delete region.dataset.pain;
  for (const pin of chart.querySelectorAll(".pc-chart-pin[data-intensity]")) {
    const figure = pin.closest("[data-view]");
    const region = figure.querySelector(`path[data-region="${CSS.escape(pin.dataset.region)}"]`);
    const step = Math.min(5, Math.max(1, Math.ceil((Number(pin.dataset.intensity) + 1) / PAIN_STEP)));
    if (region) region.dataset.pain = String(step);
  }
}
