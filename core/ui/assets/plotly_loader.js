// What every chart of a page begins with: Plotly's script, loaded once, and the page's colours.

const loadPlotly = (url) => {
  window.digitlabPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      window.digitlabPlotly = undefined;
      reject(new Error("The chart library did not load."));
    };
    document.head.append(script);
  });
  return window.digitlabPlotly;
};

// Read anew at each drawing: a change of theme changes them.
const pageColours = (host) => {
  const style = getComputedStyle(host);
  return {
    text: style.getPropertyValue("--st-text-color").trim() || style.color,
    grid: style.getPropertyValue("--st-border-color").trim() || "#8884",
    ground: style.getPropertyValue("--st-background-color").trim() || "white",
  };
};

// The layout in the page's colours and letters; Plotly keeps zoom and hidden legend entries while
// `uirevision` stays the same.
const inPageColours = (host, figure, height, uirevision) => {
  const { text, grid, ground } = pageColours(host);
  const layout = structuredClone(figure.layout ?? {});
  layout.uirevision = uirevision;
  layout.height = height;
  layout.autosize = true;
  const size = host.clientWidth < 480 ? 12 : 13;
  layout.font = { family: getComputedStyle(host).fontFamily, size, color: text };
  layout.paper_bgcolor = "rgba(0,0,0,0)";
  layout.plot_bgcolor = "rgba(0,0,0,0)";
  // Opaque: its buttons lie over the legend. Grey that is seen on light and dark.
  layout.modebar = { bgcolor: ground, color: "#808080", activecolor: text };
  layout.hoverlabel = { ...layout.hoverlabel, bgcolor: ground, bordercolor: grid, font: { color: text } };
  for (const name of Object.keys(layout)) {
    if (/^[xy]axis/.test(name)) {
      layout[name] = { ...layout[name], gridcolor: grid, linecolor: grid, zerolinecolor: grid };
    }
  }
  return layout;
};

