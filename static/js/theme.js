// Light, dark or as the system; runs before the first paint, so it is no module.
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  // What was saved under My settings counts from then on, until this browser is told otherwise.
  const own = document.documentElement.dataset;
  for (const [name, saved] of [["theme", own.ownTheme], ["keys", own.ownKeys]]) {
    if (!saved || localStorage.getItem(`zcc.own.${name}`) === saved) continue;
    localStorage.setItem(`zcc.own.${name}`, saved);
    localStorage.setItem(`zcc.${name}`, saved);
  }
  const chosen = () => localStorage.getItem("zcc.theme") || "system";
  const show = () => {
    const choice = chosen();
    document.documentElement.dataset.bsTheme = choice === "system" ? (system.matches ? "dark" : "light") : choice;
    for (const item of document.querySelectorAll("[data-theme-choice]"))
      item.setAttribute("aria-checked", String(item.dataset.themeChoice === choice));
  };
  show();
  system.addEventListener("change", show);
  addEventListener("storage", show);
  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("click", (event) => {
    const item = event.target.closest("[data-theme-choice]");
    if (!item) return;
    localStorage.setItem("zcc.theme", item.dataset.themeChoice);
    show();
  });
})();
