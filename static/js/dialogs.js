// Dialogs that htmx fills, their addresses (?do=name), and our own question instead of window.confirm.
import { on } from "./events.js";
import { selectedText } from "./selection.js";

const bodies = { "dialog-body": "dialog", "lookup-body": "lookup" };
const openers = new Map();
const FIRST = ".z-dlg-body :is(input:not([type=hidden], [type=search], [readonly]), select, textarea):not(:disabled)";

const address = (name) => {
  const url = new URL(location.href);
  if (name) url.searchParams.set("do", name);
  else url.searchParams.delete("do");
  history.replaceState(history.state, "", url);
};

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  const id = bodies[detail.target?.id];
  if (!id || document.getElementById(id).open) return;
  openers.set(id, detail.elt.closest(".dropdown")?.querySelector("[data-bs-toggle]") ?? detail.elt);
  if (id === "dialog" && detail.elt.dataset.do) address(detail.elt.dataset.do);
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const id = bodies[detail.target?.id];
  if (!id) return;
  const dialog = document.getElementById(id);
  dialog.dataset.size = detail.target.querySelector("[data-size]")?.dataset.size || "medium";
  const first = dialog.open ? null : FIRST;
  if (!dialog.open) dialog.showModal();
  const wanted = ["[data-errors], .is-invalid", "[autofocus]", first, first && ".btn-close"];
  wanted.map((one) => one && detail.target.querySelector(one)).find(Boolean)?.focus();
});

/** Close a dialog, forget its content, and put the focus back where it was opened. */
const closed = (dialog) => {
  const body = dialog.querySelector(":scope > [id$=-body]");
  body?.replaceChildren();
  if (dialog.id === "dialog" && new URL(location.href).searchParams.has("do")) address("");
  const opener = openers.get(dialog.id);
  if (opener?.isConnected) opener.focus();
  else if (dialog.contains(document.activeElement)) document.getElementById("main")?.focus({ preventScroll: true }); // a poll replaced the opener
  openers.delete(dialog.id);
};
document.addEventListener("close", ({ target }) => target.matches?.(".z-dialog") && closed(target), true);

on("click", "[data-close]", (button) => {
  const dialog = button.closest("dialog");
  if (dialog) dialog.close();
  else history.back(); // the dialog is a page of its own
});
on("click", "[data-show-keys]", () => document.getElementById("keys").showModal());
document.addEventListener("zcc:close", ({ target }) => (target.closest?.("dialog") ?? document.getElementById("dialog")).close());

/** Ask a question; resolves to true for OK. */
export const ask = ({ text, title = "Are you sure?", ok = "OK", danger = false }) => {
  const dialog = document.getElementById("confirm");
  const button = document.getElementById("confirm-ok");
  document.getElementById("confirm-title").textContent = title;
  document.getElementById("confirm-text").textContent = text;
  button.textContent = ok;
  button.className = danger ? "btn btn-danger" : "btn btn-primary";
  dialog.returnValue = "";
  openers.set("confirm", document.activeElement);
  dialog.showModal();
  return new Promise((resolve) =>
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok"), { once: true }),
  );
};

/** Fill "{n message}" in: "3 messages", as many as are selected in the list of the button. */
const counted = (element, text) =>
  text?.replace(/\{n ([a-z]+)\}/g, (_, word) => {
    const count = selectedText(element);
    return `${count} ${word}${count === "1" ? "" : "s"}`;
  });

const question = (element, text) =>
  ask({
    text: counted(element, text),
    title: counted(element, element.dataset.confirmTitle),
    ok: element.dataset.confirmOk,
    danger: "confirmDanger" in element.dataset,
  });

document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  question(event.detail.elt, event.detail.question).then((yes) => yes && event.detail.issueRequest(true));
});

let confirmed = null;
on(
  "click",
  "[data-confirm]",
  (element, event) => {
    if (confirmed === element) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    question(element, element.dataset.confirm).then((yes) => {
      if (!yes) return;
      confirmed = element;
      element.click();
      confirmed = null;
    });
  },
  true,
);

/** Open the dialog that the address names, once htmx is ready for it. */
addEventListener("load", () => {
  const name = new URL(location.href).searchParams.get("do");
  if (name) document.querySelector(`[data-do="${CSS.escape(name)}"]`)?.click();
});
