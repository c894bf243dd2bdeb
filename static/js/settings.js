// Settings by level: Override unlocks a field, Revert locks it again under the inherited value. Nothing is sent before Apply or OK.
import { ask } from "./dialogs.js";
import { all, on } from "./events.js";

const fields = (setting) => all("input:not([type=hidden]):not([type=radio]), select, textarea", setting);

const show = (setting, isOwn) => {
  setting.classList.toggle("z-locked", !isOwn);
  setting.querySelector("[data-setting-inherited]").hidden = isOwn;
  setting.querySelector("[data-setting-own]").hidden = !isOwn;
  for (const field of fields(setting)) field.disabled = !isOwn;
};

const decide = (setting, isOwn) => {
  const hidden = setting.querySelector("[data-setting-set]");
  hidden.value = isOwn ? "1" : "";
  show(setting, isOwn);
  redraw(setting);
  hidden.dispatchEvent(new Event("change", { bubbles: true }));
};

/** A list is drawn by the server: as it now is, with buttons or without. */
const redraw = (setting) => {
  const list = setting.querySelector("[data-list]");
  if (list) htmx.trigger(list, "zcc:redraw");
};

const fill = (field, value) => (field.type === "checkbox" ? (field.checked = value) : (field.value = value));

on("click", "[data-setting-override]", (button) => {
  const setting = button.closest("[data-setting]");
  decide(setting, true);
  fields(setting)[0]?.focus();
});

on("click", "[data-setting-revert]", (button) => {
  ask({ title: "Revert", text: button.dataset.settingRevert, ok: "Revert" }).then((yes) => {
    if (!yes) return;
    const setting = button.closest("[data-setting]");
    const list = setting.querySelector("[data-list-value]");
    if (list) list.value = setting.dataset.inherited;
    else for (const field of fields(setting)) fill(field, JSON.parse(setting.dataset.inherited));
    decide(setting, false);
    setting.querySelector("[data-setting-override]").focus();
  });
});

// Reset puts the fields back by itself; hidden ones and locks follow here
on("reset", "form[data-guard]", (form) => {
  for (const setting of all("[data-setting]", form)) {
    const hidden = setting.querySelector("[data-setting-set]");
    hidden.value = hidden.dataset.settingSet; // a hidden field is not reset by the browser
    if (setting.querySelector("[data-setting-own]")) show(setting, hidden.value === "1");
    redraw(setting);
  }
});

// A list that came anew may differ from what was loaded
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const value = document.querySelector("[data-list-value]");
  if (value && detail.elt.closest?.("form[data-guard]")) value.dispatchEvent(new Event("change", { bubbles: true }));
});
