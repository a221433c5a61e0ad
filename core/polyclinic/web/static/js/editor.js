// Autosave of the treatment record editor: the whole form, one request at a time, retried until it is stored.
// Nothing typed is kept in browser storage: it is health data. The page itself holds it until the server has it.

const DEBOUNCE_MS = 600;
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 30_000;
// Stored or not, these answers say in words what to do: refused button, somebody else's text, text that cannot be kept.
const ANSWERED = new Set([409, 412, 422]);

const form = document.querySelector("[data-record-editor]");

const presses = []; // buttons and taps that the server has not answered, in their order
const touched = new Set(); // fields changed since the running request was sent

let timer = 0;
let running = null;
let isDirty = false;
let isDue = false;
let isPaused = false;
let isLeaving = false;
let retryMs = FIRST_RETRY_MS;

function saveSoon(delay = DEBOUNCE_MS) {
  isDirty = true;
  if (!isPaused) say(form.dataset.typing);
  clearTimeout(timer);
  timer = setTimeout(() => save(), delay);
}

// Saves now; `entries` are further fields such as the pressed button, and bring the sections back renewed.
function save(entries = []) {
  clearTimeout(timer);
  if (entries.length) presses.push(entries);
  isDue = true;
  running ??= run().finally(() => (running = null));
  return running;
}

// One request at a time: what comes while one is under way waits for its answer, which brings the next version.
async function run() {
  while (!isPaused && (presses.length || (isDue && isDirty))) {
    const entries = presses[0];
    isDirty = false;
    isDue = false;
    touched.clear();
    try {
      await send(entries ?? []);
    } catch {
      fail();
      return;
    }
    if (entries) presses.shift();
    if (entries && form.elements._place) form.elements._place.value = "";
    retryMs = FIRST_RETRY_MS;
  }
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
  if (!response.ok && !ANSWERED.has(response.status)) throw new Error("not stored");
  swap(await response.text());
  if (response.status === 412) pause();
}

// Only the parts that the server names are renewed; the fields that are being typed in stay as they are.
function swap(text) {
  const parts = new DOMParser().parseFromString(text, "text/html").body.children;
  const typed = typedMeanwhile();
  const refocus = focusKept();
  for (const part of [...parts]) {
    const old = part.id && document.getElementById(part.id);
    if (old) old.replaceWith(document.adoptNode(part));
  }
  typed.forEach(([name, values]) => putBack(name, values));
  refocus();
  if (isDirty) say(form.dataset.typing);
  form.dispatchEvent(new CustomEvent("record:renewed", { bubbles: true }));
}

// What was typed while the request was under way is newer than its answer.
function typedMeanwhile() {
  const data = new FormData(form);
  return [...touched].map((name) => [name, data.getAll(name)]);
}

function putBack(name, values) {
  for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]:not([type=hidden])`)) {
    if (field.type === "radio" || field.type === "checkbox") field.checked = values.includes(field.value);
    else if (values.length === 1) [field.value] = values;
  }
}

function focusKept() {
  const { id, selectionStart, selectionEnd } = document.activeElement ?? {};
  return () => {
    const field = id && !document.activeElement?.id && document.getElementById(id);
    if (!field) return;
    field.focus();
    if (typeof selectionStart === "number") field.setSelectionRange(selectionStart, selectionEnd);
  };
}

function pause() {
  isPaused = true;
  isDirty = true;
  presses.length = 0;
  document.querySelector("#conflict [role=alert]")?.focus();
}

function fail() {
  isDirty = true;
  say(form.dataset.unsaved, true);
  clearTimeout(timer);
  timer = setTimeout(save, retryMs);
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
  state.querySelector("[data-text]").textContent = text;
}

function pressed(event) {
  const button = event.submitter;
  if (!button || "leaves" in button.dataset) {
    leave(event, button);
    return;
  }
  event.preventDefault();
  if (button.name !== "_action") return;
  const section = button.closest("[id^=section-]");
  save([[button.name, button.value]]).then(() => keepPlace(section, button.value));
}

// A button that leaves the page waits until everything is stored: nothing typed goes down with the page.
function leave(event, button) {
  if (isLeaving || isPaused) {
    isDirty = false;
    return;
  }
  event.preventDefault();
  save().then(() => {
    isLeaving = !isDirty && !isPaused && !presses.length;
    // Later: a form that is still telling of its submission ignores the next one.
    if (isLeaving) setTimeout(() => form.requestSubmit(button));
  });
}

// The pressed button may be gone after the section was renewed: focus goes to its like, else to the section.
function keepPlace(section, value) {
  if (document.activeElement && document.activeElement !== document.body) return;
  const same = [...form.querySelectorAll("button[name=_action]")].find((button) => button.value === value);
  (same ?? document.getElementById(section?.id)?.querySelector("input, select, button"))?.focus();
}

if (form) {
  const notOurs = (target) => target.name === "_place";
  const changed = ({ target }) => {
    if (notOurs(target)) return;
    touched.add(target.name);
    saveSoon();
  };
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("record:act", (event) => save(event.detail));
  form.addEventListener("focusout", () => isDirty && saveSoon(0));
  form.addEventListener("submit", pressed);
  form.addEventListener("click", (event) => {
    if (event.target.closest("a[data-leaves]")) isDirty = false;
  });
  window.addEventListener("pageshow", () => (isLeaving = false));
  document.addEventListener("visibilitychange", () => document.hidden && isDirty && save());
  window.addEventListener("beforeunload", (event) => (isDirty || running) && event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey) return;
    const value = { KeyL: "copy", KeyS: "sign" }[event.code];
    const button = value && form.querySelector(`button[name=_action][value=${value}]`);
    if (!button) return;
    event.preventDefault();
    form.requestSubmit(button);
  });
}
