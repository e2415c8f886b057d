// Draws the report's curves in the colours of the page, light or dark, and of paper when printed.

const PAGE_WIDTH = 660; // pixels that fit between the margins of a sheet of A4 or Letter

const chartName = (key) => {
  const words = document.title.replace(/ – Digit Lab$/, "").toLowerCase();
  const title = words.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 60);
  return `digit-lab-${key}-${title}`;
};

const layoutOf = ({ figure, height }, host, printing) => {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const [text, grid, ground] = printing
    ? [PAPER.text, PAPER.grid, PAPER.ground]
    : [colour("--text"), colour("--border"), colour("--ground")];
  const layout = structuredClone(figure.layout);
  for (const name of Object.keys(layout)) {
    if (/^[xy]axis/.test(name)) {
      Object.assign(layout[name], { gridcolor: grid, linecolor: grid, zerolinecolor: grid });
    }
  }
  return {
    ...layout,
    uirevision: "kept",
    height,
    ...(printing ? { width: PAGE_WIDTH, autosize: false } : { autosize: true }),
    font: {
      family: getComputedStyle(document.body).fontFamily,
      size: host.clientWidth < 480 ? 12 : 13,
      color: text,
    },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    modebar: { bgcolor: ground, color: "#808080", activecolor: text },
    hoverlabel: { bgcolor: ground, bordercolor: grid, font: { color: text } },
  };
};

// The buttons are made once: for other ones Plotly would draw all anew, and forget the zoom.
const charts = JSON.parse(document.getElementById("figures").textContent).map((chart) => ({
  ...chart,
  buttons: fileButtons(Plotly, () => chartName(chart.key)),
}));

const drawAll = (printing = false) => {
  for (const chart of charts) {
    const host = document.getElementById(`chart-${chart.key}`);
    Plotly.react(host, structuredClone(chart.figure.data), layoutOf(chart, host, printing), {
      displaylogo: false,
      responsive: true,
      modeBarButtonsToRemove: UNWANTED_BUTTONS,
      modeBarButtonsToAdd: chart.buttons,
    });
  }
};

let folded = [];
window.addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const details of folded) details.open = true;
  drawAll(true);
});
window.addEventListener("afterprint", () => {
  for (const details of folded) details.open = false;
  drawAll();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll());
drawAll();
