// Draws a Plotly figure into one element for as long as the page lives: each update goes through
// Plotly.react with a constant uirevision, which keeps zoom, hidden legend entries and hover.
// Below chart_files.js of the report, whose buttons save a chart as a file.

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

const themed = (figure, host, height) => {
  const style = getComputedStyle(host);
  const text = style.getPropertyValue("--st-text-color").trim() || style.color;
  const grid = style.getPropertyValue("--st-border-color").trim() || "#8884";
  const ground = style.getPropertyValue("--st-background-color").trim() || "white";
  const narrow = host.clientWidth < 480;
  const layout = structuredClone(figure.layout ?? {});
  layout.uirevision = "kept";
  layout.height = height;
  layout.autosize = true;
  layout.font = { family: style.fontFamily, size: narrow ? 12 : 13, color: text };
  layout.paper_bgcolor = "rgba(0,0,0,0)";
  layout.plot_bgcolor = "rgba(0,0,0,0)";
  // Opaque: its buttons lie over the legend. Grey that is seen on light and dark.
  layout.modebar = { bgcolor: ground, color: "#808080", activecolor: text };
  layout.hoverlabel = { bgcolor: ground, bordercolor: grid, font: { color: text } };
  for (const name of Object.keys(layout)) {
    if (/^[xy]axis/.test(name)) {
      layout[name] = { ...layout[name], gridcolor: grid, linecolor: grid, zerolinecolor: grid };
    }
  }
  return layout;
};

const draw = async (host) => {
  const { figure, height, plotly } = host.digitlabData;
  try {
    const Plotly = await loadPlotly(plotly);
    if (!host.isConnected) return;
    const layout = themed(figure, host, height);
    const traces = structuredClone(figure.data);
    for (const trace of traces) {
      if (trace.type === "heatmap") trace.textfont = { color: layout.font.color };
    }
    // The same buttons each time: for other ones Plotly would draw all anew, and forget the zoom.
    host.digitlabButtons ??= fileButtons(Plotly, () => host.digitlabData.file);
    await Plotly.react(host, traces, layout, {
      displaylogo: false,
      responsive: true,
      scrollZoom: false,
      modeBarButtonsToRemove: UNWANTED_BUTTONS,
      modeBarButtonsToAdd: host.digitlabButtons,
    });
    if (!host.digitlabClicks) {
      host.digitlabClicks = true;
      host.on("plotly_click", (event) => {
        const point = event.points?.[0];
        if (point) host.digitlabSend({ x: point.x, y: point.y, at: Date.now() });
      });
    }
  } catch (error) {
    host.textContent = `${error.message} Reload the page to try again.`;
  }
};

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let host = parentElement.querySelector(".dl-chart");
  if (!host) {
    host = document.createElement("div");
    host.className = "dl-chart";
    parentElement.append(host);
    // A change of theme arrives as a change of the page's colours, not as new data.
    let ground = "";
    host.digitlabWatch = setInterval(() => {
      if (!host.isConnected) return clearInterval(host.digitlabWatch);
      const now = getComputedStyle(host).getPropertyValue("--st-background-color");
      if (ground && now !== ground) draw(host);
      ground = now;
    }, 1000);
  }
  host.style.minHeight = `${data.height}px`;
  // Not an image: that would hide its buttons from those who cannot see it.
  host.setAttribute("role", "figure");
  host.setAttribute("aria-label", data.label);
  // Redrawn only for what is new: a redraw in the middle of a click could swallow it.
  const content = JSON.stringify(data);
  const unchanged = content === host.digitlabContent;
  host.digitlabContent = content;
  host.digitlabData = data;
  host.digitlabSend = (value) => setTriggerValue("clicked", value);
  if (!unchanged) draw(host);
  return () => {
    clearInterval(host.digitlabWatch);
    window.Plotly?.purge(host);
    host.digitlabClicks = false;
    host.digitlabContent = undefined;
  };
}
