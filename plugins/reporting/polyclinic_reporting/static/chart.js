// Draws a report's chart from the data of its figure; the table on the same page holds the same numbers.
import uPlot from "/static/vendor/uplot.esm.js";

const HEIGHT = 260;
const BAR_SHARE = 0.6;
const LABEL_WIDTH = 110;

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
  const bars = uPlot.paths.bars({ size: [BAR_SHARE / chart.series.length, 60], align: chart.series.length > 1 ? 1 : 0 });
  return chart.series.map((series, index) => ({
    label: series.unit ? `${series.title} (${series.unit})` : series.title,
    stroke: inks[index],
    fill: chart.kind === "bar" ? inks[index] : undefined,
    width: chart.kind === "bar" ? 0 : 2,
    dash: chart.kind === "line" && index ? [6, 4] : undefined,
    paths: chart.kind === "bar" ? bars : undefined,
    points: { show: chart.kind === "line" },
  }));
}

// As many labels as find room without touching each other.
function shownPositions(positions, width) {
  const step = Math.ceil(positions.length / Math.max(1, Math.floor(width / LABEL_WIDTH)));
  return positions.filter((position) => position % step === 0);
}

function draw(figure) {
  const chart = JSON.parse(figure.dataset.chart);
  const positions = chart.labels.map((_label, index) => index);
  const axis = { stroke: resolved("--pc-ink-2"), grid: { stroke: resolved("--pc-line") }, ticks: { stroke: resolved("--pc-line") } };
  const label = (value) => (Number.isInteger(value) ? (chart.labels[value] ?? "") : "");
  const options = {
    width: figure.clientWidth,
    height: HEIGHT,
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: false, range: [-0.5, Math.max(chart.labels.length - 0.5, 0.5)] }, y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.1 : 1] } },
    series: [{ label: chart.x, value: (_plot, value) => (value === null ? "" : label(value)) }, ...seriesOf(chart)],
    axes: [
      { ...axis, grid: { show: false }, splits: () => shownPositions(positions, figure.clientWidth), values: (_plot, ticks) => ticks.map(label) },
      { ...axis, size: 64 },
    ],
  };
  const data = [positions, ...chart.series.map((series) => series.values.map((value) => (value === null ? null : Number(value))))];
  figure.replaceChildren();
  const plot = new uPlot(options, data, figure);
  new ResizeObserver(() => plot.setSize({ width: figure.clientWidth, height: HEIGHT })).observe(figure);
}

for (const figure of document.querySelectorAll("[data-chart]")) draw(figure);
