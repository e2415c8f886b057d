// The table of runs: a real HTML table (readable by keyboard and screen reader) that is updated in
// place, so that nothing jumps, loses focus or forgets what was ticked while numbers change.

const element = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};

const put = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
};

const COLUMNS = [
  ["", "tick"],
  ["Run", "run"],
  ["Learns by", "method"],
  ["Status", "status"],
  ["Validation, best", "validation"],
  ["Test", "test"],
  ["Time", "time"],
  ["", "actions"],
];
const HINTS = {
  validation: "Share of the validation images read right after the best epoch so far",
  test: "Share of the test images read right at the end, with the 95 % interval",
  method: "Optimizer and learning rate",
};

const WORDS = { cancel: "Cancel", resume: "Resume", restore: "Take back" };

// Rare actions wait behind one quiet button. A popover lies above everything, closes with Escape
// or a click elsewhere, and gives the focus back.
const makeMenu = (id) => {
  const opener = element("button", "dl-action dl-more", "⋯");
  const menu = element("div", "dl-menu");
  menu.id = `dl-menu-${id}`;
  menu.popover = "auto";
  opener.setAttribute("popovertarget", menu.id);
  opener.setAttribute("aria-haspopup", "true");
  const place = () => {
    const at = opener.getBoundingClientRect();
    const below = at.bottom + menu.offsetHeight + 8 < window.innerHeight;
    menu.style.top = `${below ? at.bottom + 4 : at.top - menu.offsetHeight - 4}px`;
    menu.style.left = `${Math.max(8, at.right - menu.offsetWidth)}px`;
  };
  const close = () => menu.matches(":popover-open") && menu.hidePopover();
  menu.addEventListener("toggle", (event) => {
    const open = event.newState === "open";
    if (open) place();
    // It stands still while the page moves on, so it goes when the page is scrolled.
    document[open ? "addEventListener" : "removeEventListener"]("scroll", close, true);
  });
  return [opener, menu];
};

const fillMenu = (menu, entries, name) => {
  entries.forEach((entry, place) => {
    const item = menu.children[place] ?? menu.appendChild(element("button", "dl-item"));
    if (!item.children.length) item.append(element("span"), element("small"));
    item.dataset.kind = entry.kind;
    item.disabled = Boolean(entry.problem);
    item.setAttribute("aria-label", `${entry.label}: ${name}`);
    put(item.firstChild, entry.label);
    put(item.lastChild, entry.problem);
  });
  while (menu.children.length > entries.length) menu.lastChild.remove();
};

const fillStar = (star, run) => {
  star.hidden = run.starred === null;
  star.dataset.kind = run.starred ? "unstar" : "star";
  put(star, run.starred ? "★" : "☆");
  star.setAttribute("aria-pressed", String(Boolean(run.starred)));
  star.setAttribute("aria-label", `Star ${run.name}`);
  star.title = run.starred ? "Take the star away" : "Mark with a star";
};

const fillTags = (box, tags) => {
  tags.forEach((tag, place) => {
    const chip = box.children[place] ?? box.appendChild(element("span", "dl-tag"));
    chip.setAttribute("role", "listitem");
    put(chip, tag);
  });
  while (box.children.length > tags.length) box.lastChild.remove();
};

// One tick for all rows that are shown; half ticked where only some are.
const makeAll = (cell) => {
  const all = element("input");
  all.type = "checkbox";
  all.className = "dl-all";
  all.setAttribute("aria-label", "Choose all runs shown");
  all.title = "Choose all runs shown";
  cell.append(all);
};

const fillAll = (table) => {
  const ticks = [...table.tBodies[0].querySelectorAll("input:not(:disabled)")];
  const ticked = ticks.filter((tick) => tick.checked).length;
  const all = table.tHead.querySelector(".dl-all");
  all.checked = ticked > 0 && ticked === ticks.length;
  all.indeterminate = ticked > 0 && ticked < ticks.length;
  all.disabled = !ticks.length;
};

const makeRow = (id) => {
  const row = element("tr");
  row.dataset.run = id;
  const cells = {};
  for (const [heading, name] of COLUMNS) {
    const cell = element(name === "run" ? "th" : "td", `dl-${name}`);
    if (name === "run") cell.scope = "row";
    if (heading) cell.dataset.heading = heading;
    cells[name] = cell;
    row.append(cell);
  }
  const tick = element("input");
  tick.type = "checkbox";
  cells.tick.append(tick);
  const open = element("button", "dl-open");
  open.dataset.kind = "open";
  open.append(element("span", "dl-dot"), element("span", "dl-name"));
  const line = element("div", "dl-line");
  line.append(open, element("button", "dl-star"));
  const tags = element("span", "dl-tags");
  tags.setAttribute("role", "list");
  cells.run.append(
    line,
    element("span", "dl-recipe"),
    tags,
    element("span", "dl-note"),
  );
  const bar = element("div", "dl-bar");
  bar.setAttribute("role", "progressbar");
  bar.append(element("div"));
  cells.status.append(element("span", "dl-state"), bar, element("span", "dl-detail"));
  const actions = element("div", "dl-buttons");
  actions.append(element("button", "dl-action dl-first"), ...makeMenu(id));
  cells.actions.append(actions);
  return row;
};

const fillRow = (row, run, chosen) => {
  const find = (name) => row.querySelector(name);
  const tick = find("input");
  tick.checked = chosen.has(run.id);
  tick.disabled = !run.selectable;
  tick.setAttribute("aria-label", `Choose ${run.name}`);
  find(".dl-dot").style.background = run.colour;
  put(find(".dl-name"), run.name);
  find(".dl-open").title = `Open ${run.name}`;
  find(".dl-open").disabled = !run.opens;
  fillStar(find(".dl-star"), run);
  put(find(".dl-recipe"), run.recipe);
  fillTags(find(".dl-tags"), run.tags);
  put(find(".dl-note"), run.notes);
  find(".dl-note").title = run.notes;
  put(find(".dl-method"), run.method);
  const state = find(".dl-state");
  put(state, run.state);
  state.dataset.state = run.stateCode;
  const bar = find(".dl-bar");
  bar.hidden = run.progress === null;
  bar.firstChild.style.width = `${100 * (run.progress ?? 0)}%`;
  bar.setAttribute("aria-valuenow", String(Math.round(100 * (run.progress ?? 0))));
  bar.setAttribute("aria-label", `Progress of ${run.name}`);
  put(find(".dl-detail"), run.detail);
  find(".dl-detail").title = run.detail;
  put(find(".dl-validation"), run.validation);
  put(find(".dl-test"), run.test);
  put(find(".dl-time"), run.time);
  const action = find(".dl-first");
  action.dataset.kind = run.action;
  action.hidden = !run.action;
  put(action, WORDS[run.action] ?? "");
  action.setAttribute("aria-label", `${action.textContent} ${run.name}`);
  const more = find(".dl-more");
  more.hidden = !run.more.length;
  more.setAttribute("aria-label", `More for ${run.name}`);
  fillMenu(find(".dl-menu"), run.more, run.name);
};

export default function (component) {
  const { data, parentElement, setStateValue, setTriggerValue } = component;
  let table = parentElement.querySelector("table.dl-runs");
  if (!table) {
    table = element("table", "dl-runs");
    const head = element("tr");
    for (const [heading, name] of COLUMNS) {
      const cell = element("th", `dl-${name}`, heading);
      cell.scope = "col";
      if (HINTS[name]) cell.title = HINTS[name];
      if (name === "tick") makeAll(cell);
      head.append(cell);
    }
    table.append(element("thead"), element("tbody"));
    table.tHead.append(head);
    table.digitlabChosen = new Set();
    const box = element("div", "dl-runs-box");
    box.append(table);
    parentElement.append(box);
  }
  const chosen = table.digitlabChosen;
  const body = table.tBodies[0];
  const known = new Map([...body.rows].map((row) => [row.dataset.run, row]));
  data.rows.forEach((run, place) => {
    const row = known.get(run.id) ?? makeRow(run.id);
    known.delete(run.id);
    if (!run.selectable) chosen.delete(run.id);
    fillRow(row, run, chosen);
    if (body.rows[place] !== row) body.insertBefore(row, body.rows[place] ?? null);
  });
  for (const [id, row] of known) {
    chosen.delete(id);
    row.remove();
  }
  fillAll(table);
  // Assigned, not added: this function runs again at every update.
  table.onchange = (event) => {
    const asked = event.target;
    const ticks = asked.classList.contains("dl-all")
      ? [...body.querySelectorAll("input:not(:disabled)")]
      : [asked];
    for (const tick of ticks) {
      tick.checked = asked.checked;
      const id = tick.closest("tr").dataset.run;
      if (asked.checked) chosen.add(id);
      else chosen.delete(id);
    }
    fillAll(table);
    setStateValue("chosen", [...chosen]);
  };
  table.onclick = (event) => {
    const button = event.target.closest("button");
    if (!button || button.disabled || !button.dataset.kind) return;
    button.closest(".dl-menu")?.hidePopover();
    setTriggerValue("action", { kind: button.dataset.kind, run: button.closest("tr").dataset.run });
  };
}
