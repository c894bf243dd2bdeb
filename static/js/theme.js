// Light, dark or as the system; runs before the first paint, so it is no module.
(() => {
  const system = matchMedia("(prefers-color-scheme: dark)");
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
