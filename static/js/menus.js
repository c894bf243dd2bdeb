// Menus are Bootstrap's; this adds Home, End, type-ahead, menus filled by htmx, and the search's results.
import { all, on } from "./events.js";

const items = (menu) => all(".dropdown-item:not(:disabled, .disabled, .z-mute)", menu);
let letters = "";
let typedAt = 0;

on("keydown", ".dropdown-menu.show", (menu, event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
  const found = items(menu);
  if (event.key === "Home" || event.key === "End") {
    event.preventDefault();
    found.at(event.key === "Home" ? 0 : -1)?.focus();
  } else if (event.key.length === 1 && event.key !== " ") {
    letters = Date.now() - typedAt < 700 ? letters + event.key.toLowerCase() : event.key.toLowerCase();
    typedAt = Date.now();
    found.find((item) => item.textContent.trim().toLowerCase().startsWith(letters))?.focus();
  }
});

/** A menu that htmx filled has another size. */
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const toggle = detail.target?.closest?.(".dropdown")?.querySelector("[data-bs-toggle=dropdown]");
  if (toggle) window.tabler?.Dropdown?.getInstance(toggle)?.update();
});

// Results under the search field of the bar
const found = () => document.getElementById("find-results");
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target?.id === "find-results") found().hidden = !found().textContent.trim();
});
on("keydown", ".z-find", (form, event) => {
  const links = all("a", found());
  const at = links.indexOf(document.activeElement);
  if (event.key === "Escape") found().hidden = true;
  else if (event.key === "Enter" && at < 0 && links.length && !found().hidden) {
    event.preventDefault();
    links[0].click();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    (links[at + (event.key === "ArrowDown" ? 1 : -1)] ?? document.getElementById("find")).focus();
  }
});
document.addEventListener("click", ({ target }) => {
  if (found() && !target.closest(".z-find")) found().hidden = true;
});

// Trees of folders: arrows move, open and close
on("keydown", ".z-tree", (tree, event) => {
  const link = event.target.closest("a");
  if (!link || !event.key.startsWith("Arrow")) return;
  event.preventDefault();
  const visible = all("a", tree).filter((one) => one.offsetParent);
  const at = visible.indexOf(link);
  const branch = link.parentElement.querySelector(":scope > ul");
  if (event.key === "ArrowDown") visible[at + 1]?.focus();
  else if (event.key === "ArrowUp") visible[at - 1]?.focus();
  else if (event.key === "ArrowRight") branch?.hidden ? fold(link, branch, false) : branch?.querySelector("a")?.focus();
  else if (branch && !branch.hidden) fold(link, branch, true);
  else link.closest("ul").closest("li")?.querySelector("a")?.focus();
});
const fold = (link, branch, hide) => {
  branch.hidden = hide;
  link.setAttribute("aria-expanded", String(!hide));
};
