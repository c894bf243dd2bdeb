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

/** Call `act` now and after each answer that htmx put into the page, in one place or in many. */
export const onContent = (act) => {
  let waits = false;
  const soon = () => {
    if (waits) return;
    waits = true;
    queueMicrotask(() => {
      waits = false;
      act();
    });
  };
  act();
  for (const type of ["htmx:afterSettle", "htmx:oobAfterSwap"]) document.addEventListener(type, soon);
};

export const all = (selector, root = document) => [...root.querySelectorAll(selector)];
