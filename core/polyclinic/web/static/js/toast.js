// Shows short messages: from the `toast` event a server sends in HX-Trigger, and for requests that failed.

const region = document.getElementById("toasts");
const SHOWN_MS = 10_000;

export function showToast({ text, tone = "info", undo = null }) {
  const toast = document.createElement("div");
  toast.className = `pc-toast pc-toast-${tone}`;
  toast.dataset.toast = "";
  toast.setAttribute("role", tone === "bad" ? "alert" : "status");
  const words = document.createElement("span");
  words.className = "pc-toast-text";
  words.textContent = text;
  toast.append(words);
  if (undo) toast.append(undoForm(undo));
  toast.append(closeButton());
  region.append(toast);
  expire(toast);
}

function undoForm(action) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = action;
  const token = document.querySelector("input[name=csrf_token]")?.cloneNode();
  if (token) form.append(token);
  const button = document.createElement("button");
  button.className = "pc-toast-action";
  button.textContent = region.dataset.undo;
  form.append(button);
  return form;
}

function closeButton() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "pc-toast-action pc-toast-close";
  button.dataset.toastClose = "";
  button.setAttribute("aria-label", region.dataset.dismiss);
  button.textContent = "×";
  return button;
}

function expire(toast) {
  // Errors wait for the reader; the rest leaves unless it is being read or used.
  if (toast.matches(".pc-toast-bad")) return;
  const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 2_000) : toast.remove());
  setTimeout(leave, SHOWN_MS);
}

if (region) {
  region.querySelectorAll("[data-toast]").forEach(expire);
  region.addEventListener("click", (event) => {
    if (event.target.closest("[data-toast-close]")) event.target.closest("[data-toast]").remove();
  });
  new MutationObserver((changes) => {
    for (const node of changes.flatMap((change) => [...change.addedNodes])) if (node.matches?.("[data-toast]")) expire(node);
  }).observe(region, { childList: true });
  document.addEventListener("toast", (event) => showToast(event.detail));
  document.addEventListener("htmx:response:error", (event) => {
    if (event.detail.ctx.response.status >= 500) showToast({ text: region.dataset.failed, tone: "bad" });
  });
  document.addEventListener("htmx:error", () => showToast({ text: region.dataset.offline, tone: "bad" }));
}
