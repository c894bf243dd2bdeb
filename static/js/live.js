// What changes by itself: ages, polls, cells that got another value, title and spoken progress.
import { all, on, onContent } from "./events.js";

const WITHOUT_ANSWER = 30_000; // milliseconds until the page says that it is stale
const TRY_AGAIN = 10_000;
const PATIENCE = 10_000; // for one answer
const UNITS = [[86400, "d"], [3600, "h"], [60, "min"]];

// The server's clock counts, not this PC's.
const loaded = performance.timeOrigin + (performance.getEntriesByType("navigation")[0]?.responseStart ?? 0);
const ahead = Date.parse(document.body.dataset.now ?? "") - loaded || 0;
const serverNow = () => Date.now() + ahead;

const words = (seconds) => {
  const [size, unit] = UNITS.find(([least]) => seconds >= least) ?? [1, "s"];
  return `${Math.floor(seconds / size)} ${unit}`;
};
const showAges = () => {
  for (const time of all("time[data-age]")) {
    const seconds = Math.max(0, Math.floor((serverNow() - Date.parse(time.dateTime)) / 1000));
    const text = words(seconds) + (time.dataset.age === "ago" ? " ago" : "");
    if (time.textContent !== text) time.textContent = text;
  }
};

// Polls
const polls = () => all('[hx-trigger*="every"]');
const pollNow = () => polls().forEach((element) => htmx.trigger(element, "zcc:poll"));
const isPoll = (element) => element.getAttribute?.("hx-trigger")?.includes("every");
let asked = 0; // when the first request went out that has no answer yet; 0: none
let answered = Date.now();
let tryAt = 0;

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  if (!isPoll(elt)) return;
  if (!requestConfig.triggeringEvent && (document.hidden || tryAt)) event.preventDefault();
  else asked ||= Date.now();
});
document.addEventListener("htmx:beforeSend", ({ detail }) => {
  if (isPoll(detail.elt)) detail.xhr.timeout = PATIENCE;
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const poll = detail.requestConfig.elt; // detail.elt is another one where the answer replaced it
  if (!isPoll(poll)) return;
  const status = detail.xhr.status;
  if (status >= 200 && status < 400) recover();
  else if ([403, 404, 410].includes(status)) gone(poll);
  else tryAt = Date.now() + TRY_AGAIN;
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  asked = 0;
  pollNow();
});

const recover = () => {
  asked = tryAt = 0;
  answered = Date.now();
  const note = document.getElementById("stale");
  if (!note || note.hidden) return;
  note.hidden = true;
  note.replaceChildren();
  tellAgain();
};
const gone = (element) => {
  element.removeAttribute("hx-trigger");
  htmx.process(element);
  asked = 0;
  write("This can no longer be shown.", "It was deleted, or your rights have changed. Load the page again to see what is there.");
};
const write = (strong, rest) => {
  const note = document.getElementById("stale");
  const text = document.createElement("p");
  text.append(Object.assign(document.createElement("strong"), { textContent: strong }), ` ${rest} `);
  note.replaceChildren(text);
  note.hidden = false;
  return text;
};
const showStale = () => {
  const now = Date.now();
  if (document.hidden || !asked || now - asked < WITHOUT_ANSWER) return;
  tellPast();
  const from = new Date(answered + ahead).toLocaleTimeString("en-GB", { timeZone: document.body.dataset.timeZone || undefined });
  const next = Math.max(0, Math.ceil(((tryAt || now) - now) / 1000));
  const age = words(Math.floor((now - answered) / 1000));
  const rest = `The console does not answer; what you see is from ${from}. Trying again in ${next} s.`;
  const note = document.querySelector("#stale [data-poll-now]")?.closest("p");
  if (note) {
    note.querySelector("strong").textContent = `This page has not been updated for ${age}.`;
    note.childNodes[1].textContent = ` ${rest} `;
    return;
  }
  const again = Object.assign(document.createElement("button"), { type: "button", className: "z-link", textContent: "Try now" });
  again.dataset.pollNow = "";
  write(`This page has not been updated for ${age}.`, rest).append(again);
};
on("click", "[data-poll-now]", () => {
  tryAt = Date.now() + TRY_AGAIN;
  pollNow();
});

// While nothing is heard, states are told in the past.
const present = new Map();
const tellPast = () => {
  for (const state of all("[data-was]:not(.z-past)")) {
    present.set(state, [state.className, state.innerHTML]);
    const use = state.querySelector("use");
    use?.setAttribute("href", use.getAttribute("href").replace(/#.*/, "#clock-exclamation"));
    state.className = "z-st z-off z-past";
    state.lastElementChild?.nextSibling?.remove();
    state.append(Object.assign(document.createElement("span"), { className: "z-stale", textContent: state.dataset.was }));
  }
};
const tellAgain = () => {
  for (const [state, [css, html]] of present) {
    state.className = css;
    state.innerHTML = html;
  }
  present.clear();
};

setInterval(() => {
  showAges();
  if (tryAt && Date.now() >= tryAt && !document.hidden) {
    tryAt = Date.now() + TRY_AGAIN;
    pollNow();
  }
  showStale();
}, 1000);
onContent(showAges);

// Cells that a poll gave another value
const name = (cell) => cell.id || `${cell.closest("[data-pk]")?.dataset.pk}/${cell.dataset.col}`;
let before = new Map();
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (isPoll(detail.requestConfig?.elt)) before = new Map(all("[data-value]").map((cell) => [name(cell), cell.dataset.value]));
});
onContent(() => {
  for (const cell of all("[data-value]")) {
    if (before.has(name(cell)) && before.get(name(cell)) !== cell.dataset.value) cell.classList.add("z-changed");
    before.delete(name(cell));
  }
});

// The focus stays in its row when a poll replaces the row.
const FOCUSABLE = "a, button, input";
let focused = null;
document.addEventListener("htmx:beforeSwap", () => {
  const element = document.activeElement;
  const row = element?.closest?.("tr[data-pk]");
  focused = row && { element, pk: row.dataset.pk, at: all(FOCUSABLE, row).indexOf(element) };
});
onContent(() => {
  if (!focused || focused.element.isConnected) return;
  if (document.activeElement !== document.body) return void (focused = null); // it went elsewhere meanwhile
  const row = document.querySelector(`tr[data-pk="${CSS.escape(focused.pk)}"]`);
  if (row) all(FOCUSABLE, row)[focused.at]?.focus({ preventScroll: true });
  focused = null;
});

// Rows that are being fetched by a person's act are dimmed after a while; polls are silent.
const dim = (event, on) => !isPoll(event.detail.requestConfig.elt) && event.detail.target?.classList?.toggle("z-loading", on);
document.addEventListener("htmx:beforeSend", (event) => dim(event, true));
document.addEventListener("htmx:afterRequest", (event) => dim(event, false));

// Progress in the tab's title and for screen readers
let spoken = 0;
onContent(() => {
  const title = document.querySelector("[data-title]")?.dataset.title;
  if (title) document.title = title;
  const text = document.querySelector("[data-say]")?.dataset.say;
  const say = document.getElementById("say");
  if (!text || !say || say.textContent === text || Date.now() - spoken < 10_000) return;
  say.textContent = text;
  spoken = Date.now();
});
