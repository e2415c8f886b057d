// One row of the table of runs: made once, then filled anew with every update.

const element = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};

const put = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
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
  star.disabled = Boolean(run.fixed);
  star.title = run.fixed || (run.starred ? "Take the star away" : "Mark with a star");
};

const fillTags = (box, tags) => {
  tags.forEach((tag, place) => {
    const chip = box.children[place] ?? box.appendChild(element("span", "dl-tag"));
    chip.setAttribute("role", "listitem");
    put(chip, tag);
  });
  while (box.children.length > tags.length) box.lastChild.remove();
};

const makeCell = (heading, place) => {
  if (heading.column === "state") {
    const cell = element("td", "dl-status");
    const bar = element("div", "dl-bar");
    bar.setAttribute("role", "progressbar");
    bar.append(element("div"));
    cell.append(element("span", "dl-state"), bar, element("span", "dl-detail"));
    return cell;
  }
  // On a phone they stand in pairs.
  const cell = element("td", `dl-cell dl-${place % 2 ? "right" : "left"}`);
  cell.append(element("span", "dl-value"), element("small", "dl-below"));
  return cell;
};

const makeRow = (id, headings) => {
  const row = element("tr");
  row.dataset.run = id;
  const tick = element("input");
  tick.type = "checkbox";
  const open = element("button", "dl-open");
  open.append(
    element("span", "dl-twist"),
    element("span", "dl-dots"),
    element("span", "dl-name"),
  );
  const line = element("div", "dl-line");
  line.append(open, element("button", "dl-star"));
  const tags = element("span", "dl-tags");
  tags.setAttribute("role", "list");
  const actions = element("div", "dl-buttons");
  actions.append(element("button", "dl-action dl-first"), ...makeMenu(id));
  const ticked = element("td", "dl-tick");
  ticked.append(tick);
  const run = element("th", "dl-run");
  run.scope = "row";
  run.append(line, element("span", "dl-recipe"), tags, element("span", "dl-note"));
  row.append(ticked, run);
  let place = 0;
  for (const heading of headings.slice(1)) {
    place = heading.column === "state" ? 0 : place + 1;
    const cell = makeCell(heading, place - 1);
    cell.dataset.column = heading.column;
    cell.dataset.heading = heading.title;
    row.append(cell);
  }
  const last = element("td", "dl-actions");
  last.append(actions);
  row.append(last);
  return row;
};

const fillName = (row, run) => {
  const open = row.querySelector(".dl-open");
  const twist = open.querySelector(".dl-twist");
  twist.hidden = !run.fold;
  put(twist, run.fold?.open ? "▾" : "▸");
  twist.setAttribute("aria-hidden", "true");
  open.dataset.kind = run.fold ? "fold" : "open";
  if (run.fold) open.setAttribute("aria-expanded", String(run.fold.open));
  open.title = run.fold ? `Show or hide the runs of ${run.name}` : `Open ${run.name}`;
  open.disabled = !run.opens;
  const dots = open.querySelector(".dl-dots");
  run.colours.forEach((colour, place) => {
    const dot = dots.children[place] ?? dots.appendChild(element("span", "dl-dot"));
    dot.style.background = colour;
  });
  while (dots.children.length > run.colours.length) dots.lastChild.remove();
  put(open.querySelector(".dl-name"), run.name);
};

const fillStatus = (row, run) => {
  const state = row.querySelector(".dl-state");
  if (!state) return;
  put(state, run.state);
  state.dataset.state = run.stateCode;
  const bar = row.querySelector(".dl-bar");
  bar.hidden = run.progress === null;
  bar.firstChild.style.width = `${100 * (run.progress ?? 0)}%`;
  bar.setAttribute("aria-valuenow", String(Math.round(100 * (run.progress ?? 0))));
  bar.setAttribute("aria-label", `Progress of ${run.name}`);
  put(row.querySelector(".dl-detail"), run.detail);
  row.querySelector(".dl-detail").title = run.detail;
};

const fillCells = (row, run) => {
  for (const cell of row.querySelectorAll(".dl-cell")) {
    const [text, below] = run.cells[cell.dataset.column] ?? ["–", ""];
    put(cell.firstChild, text);
    put(cell.lastChild, below);
  }
};

const fillRow = (row, run) => {
  const find = (name) => row.querySelector(name);
  row.digitlab = run;
  row.classList.toggle("dl-inside", run.inside);
  row.classList.toggle("dl-fold", Boolean(run.fold));
  const tick = find("input");
  tick.disabled = !run.ids.length;
  const every = run.fold ? ` with its ${run.ids.length} usable runs` : "";
  tick.setAttribute("aria-label", `Choose ${run.name}${every}`);
  fillName(row, run);
  fillStar(find(".dl-star"), run);
  put(find(".dl-recipe"), run.recipe);
  fillTags(find(".dl-tags"), run.tags);
  put(find(".dl-note"), run.notes);
  find(".dl-note").title = run.notes;
  fillStatus(row, run);
  fillCells(row, run);
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
