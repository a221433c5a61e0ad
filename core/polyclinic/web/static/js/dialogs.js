// Opens and closes native dialogs and menus by data attributes, and submits forms on change. Pages work without it.

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener && !opener.disabled && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    const dialog = document.getElementById(opener.dataset.opens);
    if (dialog?.showModal) {
      event.preventDefault();
      if (!dialog.open) dialog.showModal();
    }
  }
  const closer = event.target.closest("[data-closes]");
  if (closer) document.getElementById(closer.dataset.closes)?.close();
  if (event.target.matches("dialog.pc-sheet:modal")) closeOnBackdrop(event.target, event);
  closeMenusOutside(event.target);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement?.closest("[data-menu][open]");
  if (!menu) return;
  event.preventDefault();
  menu.open = false;
  menu.querySelector("summary").focus();
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-submit-on-change]");
  if (form && event.target.matches("select, input[type=date], input[type=radio], input[type=checkbox]")) form.requestSubmit();
});

document.addEventListener("input", (event) => {
  const expected = event.target.dataset?.mustEqual;
  if (expected === undefined) return;
  event.target.setCustomValidity(event.target.value.trim() === expected ? "" : event.target.labels[0].textContent);
});

// A summary of errors takes focus once, when it arrives; later swaps elsewhere must not pull focus back.
const announced = new WeakSet(document.querySelectorAll(".pc-error-summary"));
document.addEventListener("htmx:after:swap", () => {
  const summary = [...document.querySelectorAll(".pc-error-summary")].find((element) => !announced.has(element));
  if (!summary) return;
  announced.add(summary);
  summary.focus();
});

function closeOnBackdrop(dialog, event) {
  const box = dialog.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  // A form that was touched stays open: a slip beside the sheet must not cost what was typed.
  const touched = [...dialog.querySelectorAll("input, textarea, select")].some((field) => field.matches(":user-valid, :user-invalid"));
  if (!inside && !touched) dialog.close();
}

function closeMenusOutside(target) {
  for (const menu of document.querySelectorAll("[data-menu][open]")) {
    if (!menu.contains(target)) menu.open = false;
  }
}
