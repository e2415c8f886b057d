// A map of test digits: a Plotly chart whose dots show the image they stand for, fetched from the
// dashboard when somebody points at one. Below plotly_loader.js, and
// chart_files.js of the report.

const TIP_GAP = 14;

const element = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};

// Once for the page: to ask makes a drawing context, and a browser grants few.
const hasWebgl = () => {
  window.digitlabWebgl ??= (() => {
    const context = document.createElement("canvas").getContext("webgl");
    context?.getExtension("WEBGL_lose_context")?.loseContext();
    return Boolean(context);
  })();
  return window.digitlabWebgl;
};

const isRing = (trace) => trace.meta === "misread";
const isLabel = (trace) => trace.meta.startsWith("label-");

const coloured = (traces, { text, ground }) =>
  traces.map((trace) => {
    if (isRing(trace)) {
      const line = { ...trace.marker.line, color: text };
      return { ...trace, marker: { ...trace.marker, color: text, line } };
    }
    if (!isLabel(trace)) return trace;
    const textfont = { ...trace.textfont, color: text };
    return { ...trace, textfont, marker: { ...trace.marker, color: ground } };
  });

const layoutOf = (host, figure, { of, height }) => {
  const layout = inPageColours(host, figure, height, of);
  layout.legend = { ...layout.legend, uirevision: "kept" };
  // A finger that moves over the map scrolls the page; the bar above it zooms.
  layout.dragmode = host.digitlabTouch ? false : "zoom";
  if (host.digitlabTouch) {
    // There that bar is always seen: the legend makes room for it.
    layout.margin = { ...layout.margin, t: 36 };
    layout.legend = { ...layout.legend, y: -0.07, yanchor: "top" };
  }
  return layout;
};

const tracesOf = (host, figure) => {
  const traces = coloured(structuredClone(figure.data), pageColours(host));
  // The same digit is the same trace in every map: hidden in one, it is hidden in the next.
  for (const trace of traces) trace.uid = trace.meta;
  // Thousands of dots as one picture by the graphics card; where there is none, one by one. All of
  // them, labels too: what is drawn one by one lies below that picture.
  if (host.digitlabData.many && hasWebgl()) for (const trace of traces) trace.type = "scattergl";
  return traces;
};

const factsOf = (trace, point) => {
  const [index, truth, read, sure] = trace.customdata[point];
  return { index, truth, read, sure: sure >= 100 ? ">99 %" : `${sure} %` };
};

// One row a dot that is shown, where the other charts have one a point of each curve.
const mapNumbers = (host) => {
  const full = host._fullData;
  const rows = full
    .filter((trace) => trace.visible === true && !isLabel(trace) && !isRing(trace))
    .flatMap((trace) =>
      Array.from({ length: trace.x.length }, (_, point) => {
        const { index, truth, read, sure } = factsOf(trace, point);
        return [index, truth, read, truth === read ? "yes" : "no", sure, trace.x[point], trace.y[point]];
      }),
    );
  return asCsv([["test digit", "true", "read as", "right", "how sure", "x", "y"], ...rows]);
};

const buttonsOf = (host, Plotly) => {
  const paper = { text: PAPER.text, ground: PAPER.ground };
  // Rings and labels have the colours of the page, which paper has not.
  const onPaper = () => ({
    layout: host.layout,
    _fullLayout: host._fullLayout,
    data: coloured(host.data, paper),
  });
  return fileButtons(Plotly, () => host.digitlabData.file).map((button) => {
    if (button.name !== "saveCSV") return { ...button, click: () => button.click(onPaper()) };
    const name = () => `${host.digitlabData.file}.csv`;
    return { ...button, click: () => saveFile(name(), mapNumbers(host), "text/csv;charset=utf-8") };
  });
};

const hideTip = (host) => {
  host.digitlabShown = undefined;
  host.digitlabTip.hidden = true;
};

const fillTip = (host, { index, truth, read, sure }) => {
  const tip = host.digitlabTip;
  const right = truth === read;
  const picture = element("div", "dl-map-picture");
  const image = element("img");
  image.alt = "";
  image.onerror = () => {
    picture.textContent = "The picture did not arrive.";
  };
  image.src = `${host.digitlabData.pictures}/${index}.png`;
  picture.append(image);
  const words = element("div");
  words.append(
    element("b", "", `Test digit ${index.toLocaleString("en")}`),
    element("div", "", `true label ${truth}`),
    element("div", "", `read as ${read} ${right ? "✓" : "✗"}, ${sure} sure`),
  );
  if (!host.digitlabTouch) words.append(element("div", "dl-map-hint", "Click: a closer look"));
  const open = element("button", "", "A closer look");
  open.type = "button";
  open.hidden = !host.digitlabTouch;
  open.onclick = () => openDigit(host, index);
  tip.replaceChildren(picture, words, open);
};

// Beside the dot, on whichever side there is room, and never outside of the map.
const placeTip = (host, point) => {
  const tip = host.digitlabTip;
  const { xaxis, yaxis } = point;
  const x = xaxis._offset + xaxis.d2p(point.x);
  const y = yaxis._offset + yaxis.d2p(point.y);
  const { offsetWidth: width, offsetHeight: height } = tip;
  const beside = x + TIP_GAP + width <= host.clientWidth ? x + TIP_GAP : x - TIP_GAP - width;
  let top = y - height / 2;
  let left = beside;
  if (beside < 0) {
    left = Math.min(Math.max(0, x - width / 2), host.clientWidth - width);
    top = y + TIP_GAP + height <= host.clientHeight ? y + TIP_GAP : y - TIP_GAP - height;
  }
  tip.style.left = `${Math.max(0, left)}px`;
  tip.style.top = `${Math.min(Math.max(0, top), Math.max(0, host.clientHeight - height))}px`;
};

const showTip = (host, point) => {
  const facts = factsOf(point.fullData ?? point.data, point.pointNumber);
  if (host.digitlabShown !== facts.index) {
    host.digitlabShown = facts.index;
    fillTip(host, facts);
  }
  host.digitlabTip.hidden = false;
  placeTip(host, point);
};

const openDigit = (host, index) => {
  hideTip(host);
  host.digitlabSend({ index, at: Date.now() });
};

const listen = (host, plot) => {
  plot.on("plotly_hover", ({ points }) => {
    if (points?.[0]?.customdata && !host.digitlabScrolled) showTip(host, points[0]);
  });
  plot.on("plotly_unhover", () => {
    if (!host.digitlabTouch) hideTip(host);
  });
  plot.on("plotly_click", ({ points }) => {
    const point = points?.[0];
    if (!point?.customdata || host.digitlabScrolled) return;
    if (host.digitlabTouch) showTip(host, point);
    else openDigit(host, factsOf(point.fullData ?? point.data, point.pointNumber).index);
  });
  // After a zoom the dots lie elsewhere; other changes of the layout come with every tap.
  plot.on("plotly_relayout", (changes) => {
    if (Object.keys(changes).some((name) => name.includes("axis"))) hideTip(host);
  });
};

const draw = async (host) => {
  const { figure, plotly } = host.digitlabData;
  if (!figure) return;
  const plot = host.digitlabPlot;
  try {
    const Plotly = await loadPlotly(plotly);
    if (!host.isConnected || host.digitlabData.figure !== figure) return;
    const layout = layoutOf(host, figure, host.digitlabData);
    // The same buttons each time: for other ones Plotly would draw all anew, and forget the zoom.
    host.digitlabButtons ??= buttonsOf(plot, Plotly);
    await Plotly.react(plot, tracesOf(host, figure), layout, {
      displaylogo: false,
      displayModeBar: host.digitlabTouch ? true : "hover",
      responsive: true,
      scrollZoom: false,
      modeBarButtonsToRemove: UNWANTED_BUTTONS,
      modeBarButtonsToAdd: host.digitlabButtons,
    });
    if (!plot.digitlabListens) {
      plot.digitlabListens = true;
      listen(host, plot);
    }
  } catch (error) {
    host.digitlabWait.hidden = false;
    host.digitlabWait.textContent = `${error.message} Reload the page to try again.`;
  }
};

const makeHost = (parentElement) => {
  const host = element("div", "dl-map");
  host.digitlabPlot = host.appendChild(element("div", "dl-map-plot"));
  host.digitlabWait = host.appendChild(element("div", "dl-map-wait"));
  host.digitlabWait.setAttribute("role", "status");
  host.digitlabTip = host.appendChild(element("div", "dl-map-tip"));
  host.digitlabTip.hidden = true;
  // Not an image: that would hide its buttons from those who cannot see it.
  host.setAttribute("role", "figure");
  // A finger beside all dots closes what one on a dot has opened.
  host.digitlabPlot.addEventListener("pointerdown", () => {
    host.digitlabScrolled = false;
    hideTip(host);
  });
  // The browser scrolls by this touch: where it ends, nobody has pointed at a dot.
  host.digitlabPlot.addEventListener("pointercancel", () => {
    host.digitlabScrolled = true;
  });
  // After a tap browsers send a mouse's click as well, which Plotly takes for the second of two.
  host.digitlabPlot.addEventListener(
    "touchend",
    (event) => {
      if (event.cancelable && event.target.closest(".nsewdrag")) event.preventDefault();
    },
    { passive: false },
  );
  host.digitlabTouch = matchMedia("(hover: none)").matches;
  parentElement.append(host);
  return host;
};

// A change of theme arrives as a change of the page's colours, not as new data.
const watchTheme = (host) => {
  let before = pageColours(host).ground;
  host.digitlabWatch = setInterval(() => {
    if (!host.isConnected) return clearInterval(host.digitlabWatch);
    const now = pageColours(host).ground;
    if (now !== before) draw(host);
    before = now;
  }, 1000);
};

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let host = parentElement.querySelector(".dl-map");
  if (!host) host = makeHost(parentElement);
  if (!host.digitlabWatch) watchTheme(host);
  host.style.minHeight = `${data.height}px`;
  host.setAttribute("aria-label", data.label);
  host.digitlabWait.hidden = !data.busy;
  host.digitlabWait.textContent = data.busy;
  host.digitlabSend = (value) => setTriggerValue("opened", value);
  // Redrawn only for what is new: a redraw in the middle of a click could swallow it.
  const content = JSON.stringify(data);
  const unchanged = content === host.digitlabContent;
  host.digitlabContent = content;
  host.digitlabData = data;
  host.digitlabPlot.digitlabData = data;
  if (!unchanged) {
    hideTip(host);
    draw(host);
  }
  return () => {
    clearInterval(host.digitlabWatch);
    host.digitlabWatch = undefined;
    window.Plotly?.purge(host.digitlabPlot);
    host.digitlabPlot.digitlabListens = false;
    host.digitlabContent = undefined;
  };
}
