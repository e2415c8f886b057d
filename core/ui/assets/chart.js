// Draws a Plotly figure into one element for as long as the page lives: each update goes through
// Plotly.react with a constant uirevision, which keeps zoom, hidden legend entries and hover.
// A chart of runs that train gets its figure from live_points.js instead of from the page.
// Below plotly_loader.js, live_points.js, and chart_files.js of the report, whose buttons save a
// chart as a file.

// Figures that are made once for all visitors come as text.
const asFigure = (figure) => (typeof figure === "string" ? JSON.parse(figure) : figure);

const draw = async (host) => {
  const { live, chart, height, plotly } = host.digitlabData;
  try {
    const Plotly = await loadPlotly(plotly);
    const figure = live ? host.digitlabView?.figure(chart) : asFigure(host.digitlabData.figure);
    if (!host.isConnected || !figure) return;
    host.digitlabStale = false;
    const layout = inPageColours(host, figure, height, "kept");
    const traces = live ? figure.data : structuredClone(figure.data);
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
    host.digitlabDrawn = true;
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

// Pixels from what the visitor sees to a chart.
const distance = (host) => {
  const { top, bottom } = host.getBoundingClientRect();
  return Math.max(0, top - window.innerHeight, -bottom);
};

// A page of many charts shows those on the screen before it has drawn the rest: one at a time, with
// a moment for the page in between, the nearest first.
const drawNext = async (line) => {
  const next = [...line.hosts].reduce((a, b) => (distance(b) < distance(a) ? b : a));
  line.hosts.delete(next);
  if (next.isConnected) await draw(next);
  if (line.hosts.size) setTimeout(() => drawNext(line));
  else line.busy = false;
};

const drawInTurn = (host) => {
  const line = (window.digitlabLine ??= { hosts: new Set(), busy: false });
  line.hosts.add(host);
  if (line.busy) return;
  line.busy = true;
  setTimeout(() => drawNext(line));
};

// Of a browser's time, new points take at most a quarter: where a drawing is long, they come rarer.
const REST = 3;
// Milliseconds after which a second click no longer makes a double one.
const DOUBLE_CLICK = 400;

// New points are not drawn where nobody sees them, nor into the middle of a click or of a box that
// is being drawn; each chart by itself, so that the page answers in between.
const drawNews = (host) => {
  host.digitlabStale = true;
  const waits = host.digitlabDrawn && (!host.digitlabSeen || host.digitlabHeld);
  if (host.digitlabTimer || waits) return;
  const wait = Math.max(0, (host.digitlabRested ?? 0) - performance.now());
  host.digitlabTimer = setTimeout(async () => {
    host.digitlabTimer = undefined;
    await loadPlotly(host.digitlabData.plotly).catch(() => {}); // `draw` says so
    if (!host.isConnected || host.digitlabHeld) return;
    const begun = performance.now();
    await draw(host);
    const ended = performance.now();
    host.digitlabRested = ended + REST * (ended - begun);
  }, wait);
};

const drawIfStale = (host) => {
  if (host.digitlabStale && host.isConnected) drawNews(host);
};

const holdWhilePressed = (host) => {
  const release = () => {
    window.removeEventListener("pointerup", release);
    window.removeEventListener("pointercancel", release);
    host.digitlabHeld = setTimeout(() => {
      host.digitlabHeld = undefined;
      drawIfStale(host);
    }, DOUBLE_CLICK);
  };
  const press = () => {
    clearTimeout(host.digitlabHeld);
    host.digitlabHeld = Infinity;
    window.addEventListener("pointerup", release);
    window.addEventListener("pointercancel", release);
  };
  host.addEventListener("pointerdown", press, true);
};

// What must be watched for as long as the chart is on the page: a change of theme, which arrives
// as a change of the page's colours, and whether the chart is in sight.
const watch = (host) => {
  let ground = "";
  const follow = () => {
    if (!host.isConnected) return;
    const now = getComputedStyle(host).getPropertyValue("--st-background-color");
    if (ground && now !== ground) draw(host);
    ground = now;
  };
  const timer = setInterval(follow, 1000);
  const seen = (entries) => {
    host.digitlabSeen = entries.at(-1).isIntersecting;
    drawIfStale(host);
  };
  const observer = new IntersectionObserver(seen, { scrollMargin: "50% 0px" });
  observer.observe(host);
  return () => {
    clearInterval(timer);
    observer.disconnect();
  };
};

// Fetches the chart's points from now on, or no longer.
const followLive = (host, url) => {
  if (host.digitlabView?.url !== url) host.digitlabView?.leave(host);
  host.digitlabView = url && liveView(url);
  host.digitlabView?.follow(host, () => drawNews(host));
};

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let host = parentElement.querySelector(".dl-chart");
  if (!host) {
    host = document.createElement("div");
    host.className = "dl-chart";
    parentElement.append(host);
    holdWhilePressed(host);
  }
  // Streamlit may take a chart away and bring back the same element.
  host.digitlabUnwatch ??= watch(host);
  host.style.minHeight = `${data.height}px`;
  // Not an image: that would hide its buttons from those who cannot see it.
  host.setAttribute("role", "figure");
  host.setAttribute("aria-label", data.label);
  // Redrawn only for what is new: a redraw in the middle of a click could swallow it.
  const content = JSON.stringify(data);
  const unchanged = content === host.digitlabContent;
  host.digitlabContent = content;
  host.digitlabData = data;
  followLive(host, data.live);
  host.digitlabSend = (value) => setTriggerValue("clicked", value);
  if (!unchanged) drawInTurn(host);
  return () => {
    host.digitlabUnwatch?.();
    host.digitlabUnwatch = undefined;
    host.digitlabDrawn = false;
    followLive(host, undefined);
    window.Plotly?.purge(host);
    host.digitlabClicks = false;
    host.digitlabContent = undefined;
  };
}
