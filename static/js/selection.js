// Ticked rows of lists: kept per list and filter while the tab lives, sent with what asks for them.
import { all, on, onContent } from "./events.js";

const store = (section) => `zcc.selection.${section.dataset.select}`;
const read = (section) => JSON.parse(sessionStorage.getItem(store(section)) ?? '{"pks": [], "all": false}');
const write = (section, chosen) => {
  sessionStorage.setItem(store(section), JSON.stringify(chosen));
  show(section);
};
const boxes = (section) => all("[data-select-row]", section);
const size = (section, chosen) => (chosen.all ? Number(section.dataset.total) : chosen.pks.length);

const allows = (needs, count) => (needs === "1" ? count === 1 : count >= 1);

/** Enable what the selection allows; the reason why not stands in title and description. */
const permit = (section, count) => {
  for (const button of all("[data-needs]", section)) {
    const off = !allows(button.dataset.needs, count);
    button.disabled = off;
    button.title = off ? (button.dataset.why ?? "") : "";
    if (off && button.title) button.setAttribute("aria-description", button.title);
    else button.removeAttribute("aria-description");
  }
};

const show = (section) => {
  const chosen = read(section);
  const pks = new Set(chosen.pks);
  for (const box of boxes(section)) {
    box.checked = chosen.all || pks.has(box.value);
    box.closest("tr").setAttribute("aria-selected", String(box.checked));
  }
  const count = size(section, chosen);
  const ticked = boxes(section).filter((box) => box.checked).length;
  const head = section.querySelector("[data-select-page]");
  if (head) {
    head.checked = ticked > 0 && ticked === boxes(section).length;
    head.indeterminate = ticked > 0 && !head.checked;
  }
  showBar(section, chosen, count);
  permit(section, count);
};

const showBar = (section, chosen, count) => {
  const bar = section.querySelector("[data-selection-bar]");
  if (!bar) return;
  const total = Number(section.dataset.total || 0);
  const more = bar.querySelector("[data-select-all]");
  more.dataset.words ??= more.textContent;
  const place = more.dataset.words.replace(/^Select all\s+/, "");
  bar.hidden = !count;
  bar.querySelector("[data-selection-count]").textContent = chosen.all ? `All ${place} selected` : `${count.toLocaleString("en")} selected`;
  more.hidden = chosen.all || count >= total;
};

const tick = (section, changed, checked) => {
  const chosen = read(section);
  const pks = new Set(chosen.all ? boxes(section).map((box) => box.value) : chosen.pks);
  for (const box of changed) checked ? pks.add(box.value) : pks.delete(box.value);
  write(section, { pks: [...pks], all: false });
};

let last = null;
on("click", "[data-select-row]", (box, event) => {
  const section = box.closest("[data-select]");
  const every = boxes(section);
  const from = event.shiftKey ? every.findIndex((one) => one.value === last) : -1;
  const to = every.indexOf(box);
  const range = from < 0 ? [box] : every.slice(Math.min(from, to), Math.max(from, to) + 1);
  last = box.value;
  tick(section, range, box.checked);
});
on("click", "[data-select-page]", (box) => {
  const section = box.closest("[data-select]");
  tick(section, boxes(section), box.checked);
});
on("click", "[data-select-all]", (link) => write(link.closest("[data-select]"), { pks: [], all: true }));
on("click", "[data-select-none]", (link) => clear(link.closest("[data-select]")));

export const clear = (section) => write(section, { pks: [], all: false });
export const selected = (section) => size(section, read(section));
document.addEventListener("zcc:clear-selection", () => all("[data-select]").forEach(clear));
onContent(() => all("[data-select]").forEach(show));

/** Name and value pairs that stand for the selection in a request. */
const pairs = (section) => {
  const chosen = read(section);
  return chosen.all
    ? [["all", "1"], ["filter", section.dataset.filter ?? ""]]
    : chosen.pks.map((pk) => ["pk", pk]);
};
const listOf = (element) =>
  element.dataset.withSelection ? document.querySelector(element.dataset.withSelection) : element.closest("[data-select]");

/** How many rows the request of this element will name, in words. */
export const selectedText = (element) => {
  const section = listOf(element);
  const chosen = read(section);
  return (chosen.all && section.dataset.totalText) || size(section, chosen).toLocaleString("en");
};

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (!detail.elt.matches("[data-with-selection]")) return;
  for (const [name, value] of pairs(listOf(detail.elt))) detail.formData.append(name, value);
});
on("submit", "form[data-with-selection]", (form) => {
  all("[data-selected]", form).forEach((input) => input.remove());
  for (const [name, value] of pairs(listOf(form))) {
    const input = Object.assign(document.createElement("input"), { type: "hidden", name, value });
    input.dataset.selected = "";
    form.append(input);
  }
});
