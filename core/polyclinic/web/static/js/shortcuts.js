// Single-key shortcuts; a person can switch them off for this browser (WCAG 2.1.4).

const STORED = "polyclinic.shortcuts";
const SECOND_KEY_MS = 1_200;
const GO = { c: "/calendar", t: "/today" };
let goUntil = 0;

function isOn() {
  return document.body.dataset.shortcuts !== "off" && localStorage.getItem(STORED) !== "off";
}

function isTyping(target) {
  return target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable], dialog[open]");
}

document.addEventListener("keydown", (event) => {
  if (!isOn() || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const mayGo = event.timeStamp < goUntil;
  goUntil = 0;
  if (mayGo && GO[event.key]) return leave(event, GO[event.key]);
  if (event.key === "/") return run(event, () => document.getElementById("global-search")?.focus());
  if (event.key === "?") return run(event, () => document.getElementById("shortcuts")?.showModal());
  if (event.key === "n") return run(event, () => document.querySelector("[data-shortcut=n]")?.click());
  if (event.key === "g") goUntil = event.timeStamp + SECOND_KEY_MS;
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-shortcuts-switch]")) return;
  localStorage.setItem(STORED, isOn() ? "off" : "on");
  label();
});

function run(event, act) {
  event.preventDefault();
  act();
}

function leave(event, url) {
  event.preventDefault();
  window.location.assign(url);
}

function label() {
  const button = document.querySelector("[data-shortcuts-switch]");
  if (button) button.textContent = isOn() ? button.dataset.on : button.dataset.off;
}

label();
