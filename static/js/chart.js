// Charts over time. A box carries its values in data-chart, as JSON of the form
// {"times": [seconds], "series": [{"label", "css", "values", "dash", "fill"}]}; null is a gap and stays one.
// The page loads uPlot's two files and this one in its block "head".
const ink = (css, share = 100) => {
  const probe = document.body.appendChild(Object.assign(document.createElement("span"), { className: css }));
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return share === 100 ? colour : colour.replace("rgb(", "rgba(").replace(")", `, ${share / 100})`);
};

const line = ({ label, css, dash, fill }) => ({
  label,
  stroke: ink(css),
  width: 2,
  dash,
  fill: fill ? ink(css, 12) : undefined,
  points: { show: false },
  value: (_, count) => count ?? "not read",
});

const clock = (seconds) =>
  new Date(seconds * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: document.body.dataset.timeZone || undefined });

const draw = (box) => {
  const { times, series } = JSON.parse(box.dataset.chart);
  const axis = { stroke: ink("z-mute"), grid: { stroke: ink("z-mute", 25), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
  box.replaceChildren();
  return new uPlot(
    {
      width: box.clientWidth,
      height: box.clientHeight,
      legend: { live: true },
      cursor: { y: false },
      scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.05)] } },
      axes: [{ ...axis, size: 28, values: (_, at) => at.map(clock) }, { ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000] }],
      series: [{ label: "Time", value: (_, at) => (at ? clock(at) : "") }, ...series.map(line)],
    },
    [times, ...series.map(({ values }) => values)],
    box,
  );
};

const drawAll = () => {
  for (const box of document.querySelectorAll("[data-chart]:not(:has(.uplot))")) draw(box);
};
const again = () => {
  for (const box of document.querySelectorAll("[data-chart]")) draw(box);
};
drawAll();
document.addEventListener("htmx:afterSettle", drawAll);
addEventListener("resize", again);
new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
