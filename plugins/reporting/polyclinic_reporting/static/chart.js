// Draws a report's chart from the data of its figure; the table on the same page holds the same numbers.
import uPlot from "/static/vendor/uplot.esm.js";

const HEIGHT = 260;
const BAR_SHARE = 0.6;
const LABEL_WIDTH = 110;
const LETTER_WIDTH = 7;
const Y_AXIS_WIDTH = 64;
// What is counted has no halves.
const WHOLE_STEPS = [1, 10, 100, 1000, 10000, 100000, 1000000].flatMap((power) => [power, 2 * power, 5 * power]);

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// Canvas cannot read light-dark(): the colours are taken from an element that uses them.
function resolved(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value || colour(name);
}

function seriesOf(chart) {
  const inks = [resolved("--pc-primary"), resolved("--pc-warn-bar")];
  // A pair of bars stands left and right of its place; series of different currencies never share a place.
  const isPair = chart.series.length === 2 && chart.series[0].values.some((value, place) => value !== null && chart.series[1].values[place] !== null);
  const bars = (index) => uPlot.paths.bars({ size: [BAR_SHARE / (isPair ? 2 : 1), 60], align: isPair ? (index ? 1 : -1) : 0 });
  return chart.series.map((series, index) => ({
    label: series.unit ? `${series.title} (${series.unit})` : series.title,
    stroke: inks[index % inks.length],
    fill: chart.kind === "bar" ? inks[index % inks.length] : undefined,
    width: chart.kind === "bar" ? 0 : 2,
    dash: chart.kind === "line" && index ? [6, 4] : undefined,
    paths: chart.kind === "bar" ? bars(index) : undefined,
    points: { show: chart.kind === "line" },
  }));
}

// As many labels as find room without touching each other.
function shownPositions(positions, width) {
  const step = Math.ceil(positions.length / Math.max(1, Math.floor(width / LABEL_WIDTH)));
  return positions.filter((position) => position % step === 0);
}

// What does not fit under its bar is cut, line by line: the table says it in full.
function fitted(text, room) {
  const most = Math.max(4, Math.floor(room / LETTER_WIDTH));
  return text.split("\n").map((line) => (line.length > most ? `${line.slice(0, most - 1)}…` : line)).join("\n");
}

function draw(figure) {
  const chart = JSON.parse(figure.dataset.chart);
  const positions = chart.labels.map((_label, index) => index);
  const axis = { stroke: resolved("--pc-ink-2"), grid: { stroke: resolved("--pc-line") }, ticks: { stroke: resolved("--pc-line") } };
  const label = (value) => (Number.isInteger(value) ? (chart.labels[value] ?? "") : "");
  const lines = Math.max(...chart.labels.map((text) => text.split("\n").length));
  const isWhole = chart.series.every((series) => series.values.every((value) => value === null || Number.isInteger(value)));
  const options = {
    width: figure.clientWidth,
    height: HEIGHT,
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: false, range: [-0.5, Math.max(chart.labels.length - 0.5, 0.5)] }, y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.1 : 1] } },
    series: [{ label: chart.x, value: (_plot, value) => (value === null || value === undefined ? "" : label(value).replace("\n", ", ")) }, ...seriesOf(chart)],
    axes: [
      { ...axis, size: 34 + 18 * lines, grid: { show: false }, splits: () => shownPositions(positions, figure.clientWidth), values: (_plot, ticks) => ticks.map((tick) => fitted(label(tick), (figure.clientWidth - 2 * Y_AXIS_WIDTH) / ticks.length - LETTER_WIDTH)) },
      { ...axis, size: Y_AXIS_WIDTH, incrs: isWhole ? WHOLE_STEPS : undefined },
    ],
  };
  const data = [positions, ...chart.series.map((series) => series.values.map((value) => (value === null ? null : Number(value))))];
  figure.replaceChildren();
  const plot = new uPlot(options, data, figure);
  new ResizeObserver(() => plot.setSize({ width: figure.clientWidth, height: HEIGHT })).observe(figure);
}

for (const figure of document.querySelectorAll("[data-chart]")) draw(figure);
