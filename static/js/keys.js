// Single letters outside fields. They open and tick; none of them sends an order.
import { all } from "./events.js";
import { clear, selected } from "./selection.js";

const WRITING = "textarea, select, [contenteditable], input:not([type=checkbox], [type=button], [type=submit])";
const on = () => localStorage.getItem("zcc.keys") !== "off";
let wentAt = 0;

const rows = () => all("main tr[data-pk]");
const row = () => document.activeElement?.closest?.("tr[data-pk]");
const focusRow = (to) => (to?.querySelector("input[type=checkbox]") ?? to?.querySelector("a"))?.focus();
const move = (by) => {
  const every = rows();
  const at = every.indexOf(row());
  focusRow(every[at < 0 ? 0 : at + by]);
};
const mark = (shiftKey) =>
  row()?.querySelector("[data-select-row]")?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey }));
const press = (letter) => {
  const button = document.querySelector(`main [data-key="${CSS.escape(letter)}"]:not(:disabled)`);
  button?.focus();
  button?.click();
};
const escape = () => {
  const list = all("[data-select]").find(selected);
  if (list && !document.querySelector(".dropdown-menu.show")) clear(list);
};

const ACTS = {
  "/": () => document.getElementById("find")?.focus(),
  "?": () => document.getElementById("keys")?.showModal(),
  g: () => (wentAt = Date.now()),
  j: () => move(1),
  k: () => move(-1),
  x: ({ shiftKey }) => mark(shiftKey),
  a: () => document.querySelector("[data-select-page]")?.click(),
};

const act = (event) => {
  const letter = event.key.toLowerCase();
  const inRow = row();
  if (Date.now() - wentAt < 1500) {
    wentAt = 0;
    document.querySelector(`[data-go="${CSS.escape(letter)}"]`)?.click();
  } else if (event.key in ACTS || letter in ACTS) (ACTS[event.key] ?? ACTS[letter])(event);
  else if (inRow && ["ArrowDown", "ArrowUp"].includes(event.key)) move(event.key === "ArrowDown" ? 1 : -1);
  else if (inRow && event.key === "Enter" && event.target.type === "checkbox") inRow.querySelector("a")?.click();
  else if ("qre[]".includes(letter) && letter.length === 1) press(letter);
  else return false;
  return true;
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest?.(`${WRITING}, dialog[open], .dropdown-menu, .z-tree`)) return;
  if (event.key === "Escape") return escape();
  const letterOff = !on() && event.key.length === 1;
  if (!letterOff && act(event)) event.preventDefault();
});

const choice = document.getElementById("keys-on");
if (choice) {
  choice.checked = on();
  choice.addEventListener("change", () => localStorage.setItem("zcc.keys", choice.checked ? "on" : "off"));
}
