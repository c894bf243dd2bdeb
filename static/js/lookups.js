// Look-up fields: browse or type to open, choose one line, OK.
import { on, onContent } from "./events.js";

let field = null;

const open = (box, text) => {
  field = box;
  const button = box.querySelector("[data-lookup-button]");
  const url = new URL(button.getAttribute("hx-get"), location.href);
  if (text) url.searchParams.set("q", text);
  htmx.ajax("GET", url.pathname + url.search, { source: button, target: "#lookup-body" });
};

const fill = (box, value, text) => {
  const hidden = box.querySelector("[data-lookup-value]");
  hidden.value = value;
  box.querySelector("[data-lookup-text]").value = text;
  hidden.dispatchEvent(new Event("change", { bubbles: true }));
};

on("click", "[data-lookup-button]", (button) => (field = button.closest("[data-lookup]")));
on("click", "[data-lookup-clear]", (button) => fill(button.closest("[data-lookup]"), "", ""));
on("click", "[data-lookup-text]", (input) => open(input.closest("[data-lookup]"), ""));
on("keydown", "[data-lookup-text]", (input, event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typed = event.key.length === 1 && event.key !== " ";
  if (!typed && ![" ", "Enter", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  open(input.closest("[data-lookup]"), typed ? event.key : "");
});

const chosen = () => document.querySelector("#lookup input[name=choice]:checked");
const permit = () => {
  const ok = document.querySelector("[data-lookup-ok]");
  if (ok) ok.disabled = !chosen();
};
onContent(permit); // a search may take the chosen row away, New brings one that is chosen
on("change", "#lookup input[name=choice]", () => {
  permit();
  for (const row of document.querySelectorAll("#lookup tbody tr"))
    row.setAttribute("aria-selected", String(row.contains(chosen())));
});
on("click", "#lookup tbody tr", (row, event) => !event.target.closest("input, a, button") && row.querySelector("input[name=choice]")?.click());
on("dblclick", "#lookup tbody tr", () => document.querySelector("[data-lookup-ok]").click());
on("submit", "[data-lookup-form]", () => {
  const choice = chosen();
  if (choice && field) fill(field, choice.value, choice.dataset.text);
});
on("keydown", "#lookup input[type=search]", (field, event) => {
  if (event.key === "Escape") field.closest("dialog").close(); // else it would only empty the field
});
