// Settings forms that know what is unsaved, the typed number, and fields that errors point to.
import { ask } from "./dialogs.js";
import { all, on, onContent } from "./events.js";

const saved = new WeakMap();
let leaving = false;

const values = (form) => {
  const found = {};
  for (const [name, value] of new FormData(form))
    if (name !== "csrfmiddlewaretoken") found[name] = `${found[name] ?? ""}\n${value instanceof File ? value.name : value}`;
  return found;
};

const label = (form, name) => {
  const field = form.elements.namedItem(name);
  const first = field instanceof RadioNodeList ? field[0] : field;
  return first?.dataset?.label || first?.labels?.[0]?.firstChild?.textContent.trim() || first?.ariaLabel || name;
};

/** The names of fields that differ from what was loaded. */
const unsaved = (form) => {
  const was = saved.get(form) ?? {};
  const now = values(form);
  const names = [...new Set([...Object.keys(was), ...Object.keys(now)])].filter((name) => was[name] !== now[name]);
  return [...new Set(names.map((name) => label(form, name)))];
};

const said = (names) => `${names.length} unsaved ${names.length === 1 ? "change" : "changes"}: ${names.join(", ")}`;
const refused = (form) => "dirty" in form.dataset || form.querySelector(".is-invalid");

const refresh = (form) => {
  const names = unsaved(form);
  for (const button of all("[data-apply], [data-reset]", form)) button.disabled = !names.length && !refused(form);
  const note = form.querySelector("[data-unsaved]");
  if (!note) return;
  note.dataset.saved ??= note.textContent;
  note.textContent = names.length ? said(names) : note.dataset.saved;
};

onContent(() => {
  for (const form of all("form[data-guard]")) {
    if (saved.has(form)) continue;
    saved.set(form, values(form));
    refresh(form);
  }
});
for (const type of ["input", "change"]) on(type, "form[data-guard]", refresh);
on("submit", "form[data-guard]", () => (leaving = true));
on("reset", "form[data-guard]", (form) => {
  const was = saved.get(form);
  for (const hidden of all("[data-lookup-value], [data-list-value]", form)) hidden.value = (was[hidden.name] ?? "").trim();
  setTimeout(() => refresh(form));
});
document.addEventListener("htmx:afterRequest", ({ target }) => target.matches?.("form[data-guard]") && (leaving = false));

const dirty = () => (leaving ? [] : all("form[data-guard]").flatMap(unsaved));

addEventListener("beforeunload", (event) => dirty().length && event.preventDefault());
on(
  "click",
  "a[href]",
  (link, event) => {
    const names = dirty();
    const stays = link.target || event.ctrlKey || event.metaKey || link.getAttribute("href").startsWith("#") || link.hasAttribute("hx-get");
    if (!names.length || stays || event.button) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask({ title: "Leave without saving?", text: `${said(names)}.`, ok: "Leave" }).then((yes) => {
      if (!yes) return;
      leaving = true;
      location.assign(link.href);
    });
  },
  true,
);

const typed = (field) => {
  for (const button of all("[data-typed]", field.form)) button.disabled = field.value.trim() !== button.dataset.typed;
};
on("input", "[data-typed-here]", typed);
onContent(() => all("[data-typed-here]").forEach(typed));
