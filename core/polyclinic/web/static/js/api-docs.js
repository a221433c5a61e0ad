// The API pages: filter operations by words, copy command lines, open the part an address points at.

const filter = document.querySelector("[data-filter-of]");
const operations = [...document.querySelectorAll("[data-filter-text]")];

function applyFilter(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const operation of operations) {
    const label = operation.dataset.filterText.toLowerCase();
    operation.hidden = !words.every((word) => label.includes(word));
  }
  for (const group of document.querySelectorAll("[data-filter-group]")) {
    group.hidden = !group.querySelector("[data-filter-text]:not([hidden])");
  }
  const count = filter.querySelector("[data-filter-count]");
  count.textContent = `${operations.filter((operation) => !operation.hidden).length} ${count.dataset.filterCount}`;
}

function openTarget() {
  const target = document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
  const folded = target?.closest("details");
  if (!folded || folded.open) return;
  folded.open = true;
  target.scrollIntoView();
}

if (filter) {
  filter.hidden = false;
  filter.querySelector("input").addEventListener("input", (event) => applyFilter(event.target.value));
}

for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
    button.querySelector("span").textContent = button.dataset.copied;
  });
}

window.addEventListener("hashchange", openTarget);
openTarget();
