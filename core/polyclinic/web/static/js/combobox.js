// Arrow keys, Enter and Escape for a list box that the server fills; the input is the only tab stop.

document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.("[data-combobox]");
  if (!box || !event.target.matches("[role=combobox]")) return;
  const options = [...box.querySelectorAll("[role=option]:not([aria-disabled])")];
  const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && options.length) {
    event.preventDefault();
    open(box, true);
    const step = event.key === "ArrowDown" ? 1 : -1;
    mark(box, options, at < 0 && step < 0 ? options.length - 1 : (at + step + options.length) % options.length);
  } else if (event.key === "Enter" && at >= 0 && isOpen(box)) {
    event.preventDefault();
    take(box, options[at]);
  } else if (event.key === "Escape" && isOpen(box)) {
    event.preventDefault();
    open(box, false);
  }
});

document.addEventListener("input", (event) => {
  const box = event.target.closest?.("[data-combobox]");
  const value = box?.querySelector("[data-combobox-value]");
  // Typing again makes the earlier choice void: the server then reads the text.
  if (value && event.target !== value) value.value = "";
});

document.addEventListener("pointerdown", (event) => {
  const option = event.target.closest?.("[data-combobox] [role=option]:not([aria-disabled])");
  if (option) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const option = event.target.closest("[data-combobox] [role=option]:not([aria-disabled])");
  if (option) take(option.closest("[data-combobox]"), option);
});

document.addEventListener("focusout", (event) => {
  const box = event.target.closest?.("[data-combobox]");
  if (box && !box.contains(event.relatedTarget)) open(box, false);
});

document.addEventListener("focusin", (event) => {
  const box = event.target.closest?.("[data-combobox]");
  if (box && box.querySelector("[role=option]")) open(box, true);
});

document.addEventListener("htmx:after:swap", (event) => {
  const box = event.target.closest?.("[data-combobox]");
  if (!box) return;
  open(box, box.contains(document.activeElement));
  mark(box, [], -1);
});

function list(box) {
  return box.querySelector("[role=listbox]");
}

function isOpen(box) {
  return box.querySelector("[role=combobox]").getAttribute("aria-expanded") === "true";
}

function open(box, state) {
  list(box).hidden = !state;
  box.querySelector("[role=combobox]").setAttribute("aria-expanded", String(state && list(box).childElementCount > 0));
}

function mark(box, options, index) {
  const input = box.querySelector("[role=combobox]");
  options.forEach((option, position) => option.setAttribute("aria-selected", String(position === index)));
  if (index < 0) {
    input.removeAttribute("aria-activedescendant");
    return;
  }
  options[index].id ||= `${list(box).id}-${index}`;
  input.setAttribute("aria-activedescendant", options[index].id);
  options[index].scrollIntoView({ block: "nearest" });
}

function take(box, option) {
  if (option.dataset.url) {
    window.location.assign(option.dataset.url);
    return;
  }
  const input = box.querySelector("[role=combobox]");
  input.value = option.dataset.text;
  box.querySelector("[data-combobox-value]").value = option.dataset.value;
  open(box, false);
  input.dispatchEvent(new CustomEvent("combobox:chosen", { bubbles: true, detail: { ...option.dataset } }));
}
