// Autosave of the treatment record editor: the whole form, one request at a time, retried until it is stored.
// Nothing typed is kept in browser storage: it is health data. The page itself holds it until the server has it.

const DEBOUNCE_MS = 600;
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 30_000;

const form = document.querySelector("[data-record-editor]");

let timer = 0;
let isDirty = false;
let isSending = false;
let isPaused = false;
let retryMs = FIRST_RETRY_MS;

export function saveSoon(delay = DEBOUNCE_MS) {
  isDirty = true;
  if (!isPaused) say(form.dataset.typing);
  clearTimeout(timer);
  timer = setTimeout(() => save(), delay);
}

// Saves now; `entries` are further fields such as the pressed button, and bring the sections back renewed.
export async function save(entries = []) {
  clearTimeout(timer);
  if (isSending) return saveSoon(entries.length ? 0 : DEBOUNCE_MS);
  if (isPaused || (!isDirty && !entries.length)) return undefined;
  isSending = true;
  isDirty = false;
  try {
    await send(entries);
    retryMs = FIRST_RETRY_MS;
  } catch {
    fail();
  } finally {
    isSending = false;
  }
  return undefined;
}

async function send(entries) {
  const data = new FormData(form);
  for (const [name, value] of entries) data.set(name, value);
  const token = form.elements.csrf_token.value;
  const response = await fetch(form.action, {
    method: "POST",
    body: new URLSearchParams(data),
    headers: { "HX-Request": "true", "X-CSRF-Token": token },
    credentials: "same-origin",
  });
  if (response.redirected) {
    isDirty = false;
    window.location.assign(response.url);
    return;
  }
  if (response.status === 401 || response.status === 403) {
    await renewToken();
    throw new Error("signed out");
  }
  if (response.status >= 500) throw new Error("not stored");
  swap(await response.text());
  if (response.status === 412) pause();
}

// Only the parts that the server names are renewed; the fields that are being typed in stay as they are.
function swap(text) {
  const parts = new DOMParser().parseFromString(text, "text/html").body.children;
  const focused = document.activeElement?.id;
  for (const part of [...parts]) {
    const old = part.id && document.getElementById(part.id);
    if (old) old.replaceWith(document.adoptNode(part));
  }
  if (focused && !document.activeElement?.id) document.getElementById(focused)?.focus();
  form.dispatchEvent(new CustomEvent("record:renewed", { bubbles: true }));
  if (isDirty) saveSoon();
}

function pause() {
  isPaused = true;
  document.querySelector("#conflict [role=alert]")?.focus();
}

function fail() {
  isDirty = true;
  say(form.dataset.unsaved, true);
  clearTimeout(timer);
  timer = setTimeout(() => save(), retryMs);
  retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
}

// After a new sign-in in another tab the form's token is stale; the page gives the new one.
async function renewToken() {
  const page = await fetch(window.location.href, { credentials: "same-origin" });
  if (page.redirected || !page.ok) return;
  const fresh = new DOMParser().parseFromString(await page.text(), "text/html").querySelector("[name=csrf_token]");
  if (fresh) form.elements.csrf_token.value = fresh.value;
}

function say(text, hasFailed = false) {
  const state = document.getElementById("save-state");
  state.classList.toggle("pc-save-state-failed", hasFailed);
  state.lastChild.textContent = text;
  for (const extra of [...state.querySelectorAll("time")]) extra.remove();
}

function pressed(event) {
  const button = event.submitter;
  if (!button || "leaves" in button.dataset) {
    isDirty = false;
    return;
  }
  event.preventDefault();
  if (button.name !== "_action") return;
  const section = button.closest("[id^=section-]");
  save([[button.name, button.value]]).then(() => keepPlace(section, button.value));
}

// The pressed button may be gone after the section was renewed: focus goes to its like, else to the section.
function keepPlace(section, value) {
  if (document.activeElement && document.activeElement !== document.body) return;
  const same = [...form.querySelectorAll("button[name=_action]")].find((button) => button.value === value);
  (same ?? document.getElementById(section?.id)?.querySelector("input, select, button"))?.focus();
}

if (form) {
  const notOurs = (target) => target.name === "_place";
  form.addEventListener("input", (event) => !notOurs(event.target) && saveSoon());
  form.addEventListener("change", (event) => !notOurs(event.target) && saveSoon());
  form.addEventListener("focusout", () => isDirty && saveSoon(0));
  form.addEventListener("submit", pressed);
  document.addEventListener("visibilitychange", () => document.hidden && isDirty && save());
  window.addEventListener("beforeunload", (event) => (isDirty || isSending) && event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey) return;
    const value = { KeyL: "copy", KeyS: "sign" }[event.code];
    const button = value && form.querySelector(`button[name=_action][value=${value}]`);
    if (!button) return;
    event.preventDefault();
    form.requestSubmit(button);
  });
}
