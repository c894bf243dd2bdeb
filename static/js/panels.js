// Panels that fold and remember it, More Options, rows that unfold on narrow screens, copy, charts.
import { all, on, onContent } from "./events.js";

const remembered = (panel) => `zcc.panel.${panel.dataset.panel}`;
const closePanel = (panel, closed) => {
  panel.classList.toggle("z-closed", closed);
  panel.querySelector("[data-panel-button]").setAttribute("aria-expanded", String(!closed));
};
onContent(() => {
  for (const panel of all("[data-panel]")) {
    const head = panel.querySelector(".card-header h2");
    if (!head || head.querySelector("button")) continue;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "z-fold" });
    button.dataset.panelButton = "";
    button.append(...head.childNodes);
    head.append(button);
    closePanel(panel, localStorage.getItem(remembered(panel)) === "closed");
  }
});
on("click", "[data-panel-button]", (button) => {
  const panel = button.closest("[data-panel]");
  const closed = !panel.classList.contains("z-closed");
  closePanel(panel, closed);
  localStorage.setItem(remembered(panel), closed ? "closed" : "open");
});

on("click", "[data-fold]", (button) => {
  const part = document.getElementById(button.dataset.fold);
  part.hidden = !part.hidden;
  button.setAttribute("aria-expanded", String(!part.hidden));
});
on("click", "[data-reveal]", (button) => {
  const open = document.getElementById(button.dataset.reveal).classList.toggle("z-open");
  button.setAttribute("aria-expanded", String(open));
});

/** On a narrow screen a tap shows the columns that do not fit, under the row. */
on("click", "tr[data-pk]", (row, event) => {
  if (innerWidth >= 992 || event.target.closest("a, button, input, label")) return;
  if (row.nextElementSibling?.matches(".z-more")) return row.nextElementSibling.remove();
  const heads = all("thead th", row.closest("table"));
  const list = Object.assign(document.createElement("dl"), { className: "z-dl" });
  [...row.cells].forEach((cell, at) => {
    if (!cell.matches(".z-wide")) return;
    const term = Object.assign(document.createElement("dt"), { textContent: heads[at]?.textContent.trim() });
    const value = document.createElement("dd");
    value.append(...[...cell.childNodes].map((node) => node.cloneNode(true)));
    list.append(term, value);
  });
  if (!list.children.length) return;
  const more = Object.assign(document.createElement("tr"), { className: "z-more" });
  more.insertCell().colSpan = row.cells.length;
  more.cells[0].append(list);
  row.after(more);
});

/** Wide tables scroll by themselves, never the page; one that fits needs no box, so its head stays in sight. */
const wrap = (table) => {
  const box = Object.assign(document.createElement("div"), { className: "z-scroll" });
  table.replaceWith(box);
  box.append(table);
};
const fit = () => {
  all(".card > .table").forEach(wrap);
  for (const box of all(".z-scroll")) {
    box.classList.toggle("z-fits", (box.firstElementChild?.scrollWidth ?? 0) <= box.clientWidth);
    for (const part of [box, box.firstElementChild]) if (part && !watched.has(part)) watched.add(part), sizes.observe(part);
  }
};
const watched = new WeakSet();
const sizes = new ResizeObserver(() => fit()); // a window changes, and so do cells whose ages tick
onContent(fit);

const copy = async (text) => {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = Object.assign(document.createElement("textarea"), { value: text, className: "visually-hidden" });
  document.body.append(field); // without https there is no clipboard
  field.select();
  document.execCommand("copy");
  field.remove();
};
on("click", "[data-print]", () => window.print());
on("click", "[data-copy]", async (button, event) => {
  event.preventDefault();
  await copy(button.dataset.copy || location.href);
  const text = [...button.childNodes].findLast((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
  if (text && text.textContent !== "Copied") {
    const words = text.textContent;
    text.textContent = "Copied";
    setTimeout(() => (text.textContent = words), 2000);
  }
  document.getElementById("say").textContent = "Copied";
});
