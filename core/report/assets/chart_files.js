// A chart as files, made in the browser: a picture (PNG), a drawing (SVG), its numbers (CSV).
// Both the dashboard's charts and the report's have these buttons.

const PAPER = { text: "#1C1E2B", grid: "#D9DBE7", ground: "#FFFFFF" };
// A font that is everywhere: a picture can't use the page's own, and would be laid out for it.
const PAPER_FONT = "Arial, Helvetica, sans-serif";
const ROOM_BELOW = 12;

// What is seen now, zoom included, in the colours of paper: a dark page's would not be readable.
const figureOnPaper = (host) => {
  const layout = structuredClone(host.layout);
  layout.font = { ...layout.font, family: PAPER_FONT, color: PAPER.text };
  // The other font needs a little more room below than the page's.
  layout.margin = { ...layout.margin, b: (layout.margin?.b ?? 80) + ROOM_BELOW };
  layout.paper_bgcolor = PAPER.ground;
  layout.plot_bgcolor = PAPER.ground;
  for (const name of Object.keys(layout)) {
    if (!/^[xy]axis/.test(name)) continue;
    const { grid } = PAPER;
    layout[name] = { ...layout[name], gridcolor: grid, linecolor: grid, zerolinecolor: grid };
  }
  const data = structuredClone(host.data).filter((trace) => trace.visible !== "legendonly");
  for (const trace of data) {
    if (trace.type === "heatmap") trace.textfont = { ...trace.textfont, color: PAPER.text };
  }
  return { data, layout };
};

const saveFile = (name, text, type) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};

// Plotly's names and titles are HTML: what is read of them is text.
const plainText = (html) =>
  new DOMParser().parseFromString(String(html ?? ""), "text/html").body.textContent.trim();

const csvCell = (value) => {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  if (typeof value === "number") return String(value);
  // A spreadsheet would take a name that begins so for a formula, and carry it out.
  const text = String(value).replace(/^[=+\-@\t\r]/, "'$&");
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const axisTitle = (host, trace, letter) => {
  const number = (trace[`${letter}axis`] ?? letter).slice(1); // "x2" lies in layout.xaxis2
  return plainText(host.layout[`${letter}axis${number}`]?.title?.text);
};

const traceName = (trace, shown) => {
  const name = typeof trace.meta === "string" ? trace.meta : plainText(shown.name ?? trace.name);
  const before = trace.showlegend === false && trace.opacity < 1 && typeof trace.meta !== "string";
  return before ? `${name} (before smoothing)` : name;
};

const asCsv = (rows) => rows.map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");

// Parallel coordinates: one row a line across all axes.
const numbersOfDimensions = (dimensions) => {
  const values = dimensions.map(({ values, tickvals, ticktext }) => {
    const words = new Map([...(tickvals ?? [])].map((tick, place) => [tick, ticktext?.[place]]));
    return [...values].map((value) => plainText(words.get(value)) || value);
  });
  const heads = dimensions.map(({ label }) => plainText(label));
  return [heads, ...(values[0] ?? []).map((_, row) => values.map((column) => column[row]))];
};

const cellsOf = (shown) =>
  shown.z.flatMap((cells, y) =>
    [...cells].flatMap((value, x) => {
      const known = value !== null && value !== undefined && !Number.isNaN(value);
      return known ? [[shown.y?.[y] ?? y, shown.x?.[x] ?? x, value]] : [];
    }),
  );

const pointsOf = (shown) => {
  const count = Math.max(shown.x?.length ?? 0, shown.y?.length ?? 0);
  return Array.from({ length: count }, (_, point) => [
    shown.x?.[point] ?? point,
    shown.y?.[point] ?? point,
  ]);
};

// One row a point of every curve that is shown, one a cell of a matrix.
const chartNumbers = (host) => {
  const full = host._fullData ?? host.data;
  const parallel = full.find((trace) => trace.type === "parcoords");
  if (parallel) return asCsv(numbersOfDimensions(parallel.dimensions));
  const drawn = host.data
    .map((trace, place) => ({ trace, shown: full[place] ?? trace }))
    .filter(({ shown }) => shown.visible !== false && shown.visible !== "legendonly");
  const titles = (letter) =>
    [...new Set(drawn.map(({ trace }) => axisTitle(host, trace, letter)))].filter(Boolean);
  const [across = "x"] = titles("x");
  const ups = titles("y");
  if (drawn.some(({ trace }) => trace.type === "heatmap")) {
    const rows = drawn.flatMap(({ shown }) => cellsOf(shown));
    return asCsv([[ups[0] ?? "y", across, "value"], ...rows]);
  }
  const several = ups.length > 1; // kinds of figures, one below the other
  const noted = drawn.some(({ trace }) => Array.isArray(trace.text));
  const rows = drawn.flatMap(({ trace, shown }) =>
    pointsOf(shown).map((place, point) => [
      traceName(trace, shown),
      ...(several ? [axisTitle(host, trace, "y")] : []),
      ...place,
      ...(noted ? [plainText(trace.text?.[point])] : []),
    ]),
  );
  const up = several ? ["figure", across, "value"] : [across, ups[0] ?? "y"];
  return asCsv([["curve", ...up, ...(noted ? ["note"] : [])], ...rows]);
};

const word = (text) => ({
  svg:
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1500 1000">' +
    '<text x="750" y="800" text-anchor="middle" font-family="sans-serif" font-weight="700" ' +
    `font-size="640" textLength="1400" lengthAdjust="spacingAndGlyphs">${text}</text></svg>`,
});

// Buttons for the bar above a chart; `name()` is what its files are called, without the ending.
const fileButtons = (Plotly, name) => {
  const picture = (format) => async (host) => {
    const { width, height } = host._fullLayout;
    await Plotly.downloadImage(figureOnPaper(host), {
      format,
      filename: name(),
      width,
      height: height + ROOM_BELOW,
      scale: format === "png" ? 2 : 1,
    });
  };
  const button = (kind, title, click) => ({ name: `save${kind}`, title, icon: word(kind), click });
  return [
    button("PNG", "Save as a picture (PNG)", picture("png")),
    button("SVG", "Save as a drawing (SVG)", picture("svg")),
    button("CSV", "Save its numbers (CSV)", (host) =>
      saveFile(`${name()}.csv`, chartNumbers(host), "text/csv;charset=utf-8"),
    ),
  ];
};

// Plotly's own way to a picture has one format only; "Share chart" would send figures to its makers.
const UNWANTED_BUTTONS = ["toImage", "sendChartToCloud", "lasso2d", "select2d", "autoScale2d"];
