// Rows of fields that a person adds and takes out, such as the days that a schedule leaves out.
import { on } from "./events.js";

const changed = (element) => element.dispatchEvent(new Event("change", { bubbles: true }));

on("click", "[data-rows-add]", (button) => {
  const row = button.parentElement.querySelector("template").content.firstElementChild.cloneNode(true);
  button.before(row);
  row.querySelector("input").focus();
});
on("click", "[data-rows-remove]", (button) => {
  const rows = button.closest("[data-rows]");
  button.closest("[data-row]").remove();
  rows.querySelector("[data-rows-add]").focus();
  changed(rows);
});
