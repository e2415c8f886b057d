// The table of runs: a real HTML table (readable by keyboard and screen reader) that is updated in
// place, so that nothing jumps, loses focus or forgets what was ticked while numbers change. Its
// rows are made in run_table_row.js, which stands above this in the page.

// In rem; the name takes what is left, and where that is too little the table scrolls in its box.
const WIDTHS = { method: 7.2, state: 9.4, validation: 6.6, test: 7.2, time: 5, seed: 5 };
const USUAL_WIDTH = 6.6;
const NAME_WIDTH = 13;
const EDGES = 2.2 + 6.8;

// One tick for all rows that are shown.
const makeAll = () => {
  const cell = element("th", "dl-tick");
  cell.scope = "col";
  const label = element("label");
  const all = element("input", "dl-all");
  all.type = "checkbox";
  all.title = "Choose all runs shown";
  label.append(all, element("span", "dl-all-words", "Choose all runs shown"));
  cell.append(label);
  return cell;
};

const makeHeading = (heading) => {
  const cell = element("th", heading.column === "name" ? "dl-run" : "");
  cell.scope = "col";
  cell.dataset.column = heading.column;
  cell.title = heading.hint;
  const words = element(heading.sort ? "button" : "span", "dl-heading");
  const way = element("span", "dl-way");
  way.setAttribute("aria-hidden", "true");
  words.append(element("span", "", heading.title), way);
  cell.append(words);
  const width = WIDTHS[heading.column] ?? USUAL_WIDTH;
  if (heading.column !== "name") cell.style.width = `${width}rem`;
  return cell;
};

const makeHead = (table, headings) => {
  const head = element("tr");
  head.append(makeAll(), ...headings.map(makeHeading), element("td", "dl-actions"));
  table.tHead.replaceChildren(head);
  table.tBodies[0].replaceChildren();
  const widths = headings.slice(1).map(({ column }) => WIDTHS[column] ?? USUAL_WIDTH);
  const all = widths.reduce((sum, width) => sum + width, EDGES + NAME_WIDTH);
  table.style.setProperty("--dl-least", `${all}rem`);
};

const fillHead = (table, headings) => {
  headings.forEach((heading, place) => {
    const cell = table.tHead.rows[0].cells[place + 1];
    if (heading.way) cell.setAttribute("aria-sort", heading.way);
    else cell.removeAttribute("aria-sort");
    put(cell.querySelector(".dl-way"), { ascending: " ▲", descending: " ▼" }[heading.way] ?? "");
    cell.firstChild.dataset.sort = heading.sort;
  });
};

// Half ticked where only some of the runs behind a tick are chosen.
const showTick = (tick, ids, chosen) => {
  const ticked = ids.filter((id) => chosen.has(id)).length;
  tick.checked = ticked > 0 && ticked === ids.length;
  tick.indeterminate = ticked > 0 && ticked < ids.length;
};

const fillTicks = (table) => {
  const rows = [...table.tBodies[0].rows];
  for (const row of rows)
    showTick(row.querySelector("input"), row.digitlab.ids, table.digitlabChosen);
  const every = rows.flatMap((row) => row.digitlab.ids);
  const all = table.tHead.querySelector(".dl-all");
  showTick(all, every, table.digitlabChosen);
  all.disabled = !every.length;
};

const fillBody = (table, rows, headings) => {
  const body = table.tBodies[0];
  const known = new Map([...body.rows].map((row) => [row.dataset.run, row]));
  const shown = new Set(rows.map((run) => run.id));
  for (const [id, row] of known) if (!shown.has(id)) row.remove();
  rows.forEach((run, place) => {
    const row = known.get(run.id) ?? makeRow(run.id, headings);
    fillRow(row, run);
    if (body.rows[place] !== row) body.insertBefore(row, body.rows[place] ?? null);
  });
  const present = new Set(rows.flatMap((run) => run.ids));
  for (const id of table.digitlabChosen) if (!present.has(id)) table.digitlabChosen.delete(id);
};

const makeTable = (parentElement) => {
  const table = element("table", "dl-runs");
  table.append(element("thead"), element("tbody"));
  table.digitlabChosen = new Set();
  const box = element("div", "dl-runs-box");
  box.append(table);
  parentElement.append(box);
  return table;
};

export default function (component) {
  const { data, parentElement, setStateValue, setTriggerValue } = component;
  const table = parentElement.querySelector("table.dl-runs") ?? makeTable(parentElement);
  const columns = data.headings.map(({ column, sort }) => `${column}:${sort}`).join();
  if (table.dataset.columns !== columns) makeHead(table, data.headings);
  table.dataset.columns = columns;
  fillHead(table, data.headings);
  fillBody(table, data.rows, data.headings);
  fillTicks(table);
  const chosen = table.digitlabChosen;
  // Assigned, not added: this function runs again at every update.
  table.onchange = ({ target: asked }) => {
    const rows = asked.classList.contains("dl-all")
      ? [...table.tBodies[0].rows]
      : [asked.closest("tr")];
    for (const id of rows.flatMap((row) => row.digitlab.ids)) {
      if (asked.checked) chosen.add(id);
      else chosen.delete(id);
    }
    fillTicks(table);
    setStateValue("chosen", [...chosen]);
  };
  table.onclick = (event) => {
    const button = event.target.closest("button");
    if (!button || button.disabled) return;
    if (button.dataset.sort) return setTriggerValue("sort", button.dataset.sort);
    if (!button.dataset.kind) return;
    const { id, fold } = button.closest("tr").digitlab;
    if (button.dataset.kind === "fold") return setTriggerValue("fold", fold.key);
    button.closest(".dl-menu")?.hidePopover();
    setTriggerValue("action", { kind: button.dataset.kind, run: id });
  };
}
