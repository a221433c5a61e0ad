// 0-10 strips: a digit key sets the score (1 then 0 quickly is ten), a folded strip closes and shows what was chosen.

const TEN_MS = 600;
let lastOne = { strip: null, at: 0 };

document.addEventListener("keydown", (event) => {
  const strip = event.target.closest?.("[data-nrs]") ?? openedBy(event.target);
  if (!strip || event.ctrlKey || event.metaKey || event.altKey || !/^\d$/.test(event.key)) return;
  event.preventDefault();
  const isTen = event.key === "0" && lastOne.strip === strip && event.timeStamp - lastOne.at < TEN_MS;
  lastOne = { strip: event.key === "1" ? strip : null, at: event.timeStamp };
  choose(strip, isTen ? "10" : event.key);
});

document.addEventListener("change", (event) => {
  const fold = event.target.closest("[data-nrs-fold]");
  if (fold) show(fold, event.target.value);
});

document.addEventListener("click", (event) => {
  // A press on a cell closes the fold; arrow keys only move, so that a keyboard can pass over the values between.
  const fold = event.target.closest("[data-nrs-fold]");
  if (!fold || !event.target.matches("input[type=radio]") || event.detail === 0) return;
  fold.open = false;
  fold.querySelector("summary").focus();
});

function openedBy(target) {
  if (!target.matches?.("[data-nrs-fold] > summary")) return null;
  return target.parentElement.querySelector("[data-nrs]");
}

function choose(strip, value) {
  const input = strip.querySelector(`input[value="${value}"]`);
  input.checked = true;
  if (strip.contains(document.activeElement)) input.focus();
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function show(fold, value) {
  const summary = fold.querySelector("summary");
  const shown = summary.querySelector(".pc-nrs-value");
  shown.className = `pc-nrs-value pc-nrs-${value}`;
  shown.textContent = value;
  summary.setAttribute("aria-label", `${summary.dataset.nrsLabel}: ${value}`);
}
