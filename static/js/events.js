// Small words for listening: by selector, and whenever the page or a part of it is new.

/** Call `act(element, event)` when `type` happens on something inside an element of `selector`. */
export const on = (type, selector, act, capture = false) =>
  document.addEventListener(
    type,
    (event) => {
      const element = event.target.closest?.(selector);
      if (element) act(element, event);
    },
    capture,
  );

/** Call `act` now and after each swap of htmx. */
export const onContent = (act) => {
  act();
  document.addEventListener("htmx:afterSettle", act);
};

export const all = (selector, root = document) => [...root.querySelectorAll(selector)];
