// The rules of a password, ticked as it is typed. The patterns are the server's own.
import { all, on } from "./events.js";

const keeps = (item, form, name) => {
  const typed = form.elements.namedItem(name).value;
  if (!typed) return false;
  if (item.dataset.equal) return form.elements.namedItem(item.dataset.equal).value === typed;
  return new RegExp(item.dataset.pattern, "u").test(typed) !== ("forbidden" in item.dataset);
};

on("input", "input[type=password]", (field) => {
  const list = field.form?.querySelector("[data-rules]");
  if (!list) return;
  for (const item of all("li", list)) {
    const kept = keeps(item, field.form, list.dataset.rules || "password");
    item.querySelector("[data-rule-kept]").hidden = !kept;
    item.querySelector("[data-rule-open]").hidden = kept;
  }
});
