// A picture with a box around each digit that was found. Boxes are chosen, moved, made larger,
// added and removed by mouse, finger or keys. What was done is sent to the server as the whole list
// of boxes with a number that counts up; what the server sends is shown unless it is older.

const LEAST = 6; // pixels of the picture; a smaller box was a slip of the finger
const TAP = 6; // pixels of the screen; who moves less than this has tapped
const KEY_WAIT = 350; // ms after the last key, so that a held key sends once

const element = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};

const clamp = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high));

const send = (host, wait = 0) => {
  const view = host.digitlab;
  view.revision += 1;
  clearTimeout(view.timer);
  view.timer = setTimeout(() => {
    view.timer = undefined;
    view.send("edit", {
      of: view.of,
      revision: view.revision,
      marks: view.marks.map(({ box, right }) => ({ box, right })),
      chosen: view.marks.indexOf(view.chosen),
    });
  }, wait);
};

const say = (host, text) => {
  host.digitlab.status.textContent = text;
};

const place = (view, mark) => {
  const [left, top, right, bottom] = mark.box;
  const style = mark.node.style;
  style.left = `${(100 * left) / view.width}%`;
  style.top = `${(100 * top) / view.height}%`;
  style.width = `${(100 * (right - left)) / view.width}%`;
  style.height = `${(100 * (bottom - top)) / view.height}%`;
};

const bounded = (view, [left, top, right, bottom]) => {
  const box = [
    clamp(Math.min(left, right), 0, view.width - LEAST),
    clamp(Math.min(top, bottom), 0, view.height - LEAST),
    clamp(Math.max(left, right), LEAST, view.width),
    clamp(Math.max(top, bottom), LEAST, view.height),
  ].map(Math.round);
  return [box[0], box[1], Math.max(box[2], box[0] + LEAST), Math.max(box[3], box[1] + LEAST)];
};

const shifted = (view, [left, top, right, bottom], x, y) => {
  const dx = clamp(x, -left, view.width - right);
  const dy = clamp(y, -top, view.height - bottom);
  return [left + dx, top + dy, right + dx, bottom + dy].map(Math.round);
};

const resized = (view, box, corner, x, y) => {
  const [left, top, right, bottom] = box;
  return bounded(view, [
    corner.includes("w") ? Math.min(left + x, right - LEAST) : left,
    corner.includes("n") ? Math.min(top + y, bottom - LEAST) : top,
    corner.includes("e") ? Math.max(right + x, left + LEAST) : right,
    corner.includes("s") ? Math.max(bottom + y, top + LEAST) : bottom,
  ]);
};

// The size of the others: most digits on a picture are about as large.
const usualBox = (view, x, y) => {
  const middle = (sizes) => sizes.sort((a, b) => a - b)[Math.floor(sizes.length / 2)];
  const wide = middle(view.marks.map(({ box }) => box[2] - box[0])) ?? view.width / 6;
  const high = middle(view.marks.map(({ box }) => box[3] - box[1])) ?? view.height / 4;
  return bounded(view, [x - wide / 2, y - high / 2, x + wide / 2, y + high / 2]);
};

const showChosen = (host) => {
  const view = host.digitlab;
  for (const mark of view.marks) {
    const chosen = mark === view.chosen;
    mark.node.setAttribute("aria-pressed", chosen);
    mark.node.replaceChildren(...mark.parts, ...(chosen ? view.handles : []));
  }
  view.remove.disabled = !view.chosen;
};

const choose = (host, mark) => {
  const view = host.digitlab;
  if (view.chosen === mark) return;
  view.chosen = mark;
  showChosen(host);
  send(host);
};

const makeNode = (mark) => {
  mark.node = element("button", "dl-box");
  mark.node.type = "button";
  mark.parts = [element("span", "dl-box-said"), element("span", "dl-box-place")];
  for (const part of mark.parts) part.setAttribute("aria-hidden", "true");
};

const fillNode = (view, mark) => {
  const { node, parts, shown } = mark;
  parts[0].textContent = shown.said;
  parts[1].textContent = shown.place;
  node.classList.toggle("dl-box-split", shown.split);
  node.classList.toggle("dl-box-empty", shown.empty);
  node.setAttribute("aria-label", shown.label);
  node.title = shown.label;
  place(view, mark);
};

const newMark = (host, box) => {
  const mark = { box, right: null };
  mark.shown = { said: "…", place: "", split: false, empty: false, label: "A new box" };
  makeNode(mark);
  fillNode(host.digitlab, mark);
  host.digitlab.marks.push(mark);
  host.digitlab.boxes.append(mark.node);
  return mark;
};

const add = (host, box) => {
  const view = host.digitlab;
  setAdding(host, false);
  view.chosen = newMark(host, box);
  showChosen(host);
  view.chosen.node.focus({ preventScroll: true });
  say(host, "A box was added. Drag it, or move it with the arrow keys.");
  send(host);
};

const removeChosen = (host) => {
  const view = host.digitlab;
  if (!view.chosen) return;
  const at = view.marks.indexOf(view.chosen);
  view.chosen.node.remove();
  view.marks.splice(at, 1);
  view.chosen = undefined;
  showChosen(host);
  (view.marks[Math.min(at, view.marks.length - 1)]?.node ?? view.add).focus({ preventScroll: true });
  say(host, "The box was removed.");
  send(host);
};

const setAdding = (host, adding) => {
  const view = host.digitlab;
  view.adding = adding;
  host.classList.toggle("dl-adding", adding);
  view.add.setAttribute("aria-pressed", adding);
  say(host, adding ? "Drag on the picture around a digit, or tap on its middle." : "");
};

const pointAt = (host, event) => {
  const view = host.digitlab;
  const frame = view.stage.getBoundingClientRect();
  return [
    ((event.clientX - frame.left) / frame.width) * view.width,
    ((event.clientY - frame.top) / frame.height) * view.height,
  ];
};

const begin = (host, event) => {
  const view = host.digitlab;
  view.dragged = false;
  if (!event.isPrimary || event.button !== 0) return;
  const node = event.target.closest(".dl-box");
  const mark = view.marks.find((each) => each.node === node);
  const corner = event.target.dataset?.corner ?? "";
  if (!view.adding && (!mark || mark !== view.chosen)) return;
  const from = pointAt(host, event);
  view.drag = { from, at: [event.clientX, event.clientY], corner, mark, moved: false };
  if (view.adding) view.drag.mark = undefined;
  else view.drag.box = mark.box;
  view.stage.setPointerCapture(event.pointerId);
  if (view.adding) event.preventDefault();
};

const move = (host, event) => {
  const view = host.digitlab;
  const drag = view.drag;
  if (!drag) return;
  const [x, y] = pointAt(host, event);
  const far = Math.hypot(event.clientX - drag.at[0], event.clientY - drag.at[1]);
  drag.moved ||= far > TAP;
  if (!drag.moved) return;
  if (view.adding) {
    const [left, top, right, bottom] = bounded(view, [...drag.from, x, y]);
    place(view, { node: view.rubber, box: [left, top, right, bottom] });
    view.rubber.hidden = false;
    drag.box = [left, top, right, bottom];
    return;
  }
  const [dx, dy] = [x - drag.from[0], y - drag.from[1]];
  drag.mark.box = drag.corner
    ? resized(view, drag.box, drag.corner, dx, dy)
    : shifted(view, drag.box, dx, dy);
  place(view, drag.mark);
};

const end = (host, event) => {
  const view = host.digitlab;
  const drag = view.drag;
  if (!drag) return;
  view.drag = undefined;
  view.rubber.hidden = true;
  view.dragged = drag.moved;
  const cancelled = event.type === "pointercancel";
  if (cancelled && drag.mark) {
    drag.mark.box = drag.box;
    place(view, drag.mark);
  } else if (!cancelled && view.adding) {
    add(host, drag.moved ? drag.box : usualBox(view, ...drag.from));
  } else if (!cancelled && drag.moved) send(host);
  if (view.waiting) show(host, view.waiting);
};

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const onKey = (host, event) => {
  const view = host.digitlab;
  if (event.key === "Escape" && view.adding) return setAdding(host, false);
  const mark = view.chosen;
  if (!mark || event.target !== mark.node || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = Math.max(1, Math.round(view.width / 150));
  if (MOVES[event.key]) {
    const [x, y] = MOVES[event.key].map((way) => way * step);
    mark.box = event.shiftKey ? resized(view, mark.box, "se", x, y) : shifted(view, mark.box, x, y);
    place(view, mark);
    send(host, KEY_WAIT);
  } else if (event.key === "Delete" || event.key === "Backspace") {
    removeChosen(host);
  } else if (/^[0-9]$/.test(event.key)) {
    mark.right = Number(event.key);
    say(host, `The right digit is ${event.key}.`);
    send(host);
  } else return;
  event.preventDefault();
};

const onClick = (host, event) => {
  const view = host.digitlab;
  const mark = view.marks.find(({ node }) => node === event.target.closest(".dl-box"));
  if (mark && !view.adding && !view.dragged) choose(host, mark);
  view.dragged = false;
};

const onAdd = (host, event) => {
  const view = host.digitlab;
  // By a key: there is no pointer to drag with, so the box appears in the middle.
  if (event.detail === 0) add(host, usualBox(view, view.width / 2, view.height / 2));
  else setAdding(host, !view.adding);
};

const makeHost = (parentElement) => {
  const host = element("div", "dl-boxes");
  const stage = element("div", "dl-stage");
  const image = element("img");
  const boxes = element("div", "dl-box-layer");
  const rubber = element("div", "dl-rubber");
  rubber.hidden = true;
  image.draggable = false;
  boxes.setAttribute("role", "group");
  stage.append(image, boxes, rubber);
  const tools = element("div", "dl-box-tools");
  const [adding, remove] = [element("button", "", "Add a box"), element("button", "", "Remove this box")];
  for (const button of [adding, remove]) button.type = "button";
  const status = element("p");
  status.setAttribute("role", "status");
  tools.append(adding, remove, status);
  host.append(stage, tools);
  const handles = ["nw", "ne", "sw", "se"].map((corner) => {
    const handle = element("span", `dl-corner dl-${corner}`);
    handle.dataset.corner = corner;
    return handle;
  });
  host.digitlab = { stage, image, boxes, rubber, add: adding, remove, status, handles, marks: [], revision: 0 };
  stage.onpointerdown = (event) => begin(host, event);
  stage.onpointermove = (event) => move(host, event);
  stage.onpointerup = (event) => end(host, event);
  stage.onpointercancel = (event) => end(host, event);
  host.onkeydown = (event) => onKey(host, event);
  stage.onclick = (event) => onClick(host, event);
  adding.onclick = (event) => onAdd(host, event);
  remove.onclick = () => removeChosen(host);
  parentElement.append(host);
  return host;
};

const take = (host, data) => {
  const view = host.digitlab;
  const another = view.of !== data.of;
  if (another) setAdding(host, false);
  const focused = view.marks.find(({ node }) => node === document.activeElement)?.box.join();
  Object.assign(view, { of: data.of, revision: data.revision, width: data.width, height: data.height });
  if (view.image.src !== data.picture) view.image.src = data.picture;
  view.image.alt = data.alt;
  view.stage.style.aspectRatio = `${data.width} / ${data.height}`;
  view.stage.style.maxWidth = `min(100%, ${Math.round((0.7 * screen.height * data.width) / data.height)}px)`;
  view.boxes.setAttribute("aria-label", data.label);
  const kept = new Map(view.marks.map((mark) => [mark.box.join(), mark]));
  view.marks = data.marks.map((shown) => {
    const mark = kept.get(shown.box.join()) ?? {};
    if (!mark.node) makeNode(mark);
    Object.assign(mark, { box: shown.box, right: shown.right, shown });
    fillNode(view, mark);
    return mark;
  });
  view.chosen = view.marks[data.chosen];
  // Only where their order changed: a moved button loses the keyboard.
  const nodes = view.marks.map(({ node }) => node);
  if (nodes.some((node, at) => view.boxes.children[at] !== node) || view.boxes.children.length !== nodes.length)
    view.boxes.replaceChildren(...nodes);
  showChosen(host);
  const again = view.marks.find(({ box }) => box.join() === focused);
  if (again && document.activeElement !== again.node) again.node.focus({ preventScroll: true });
};

// Not what is older than what was done here, and nothing moves under a hand that is dragging.
const show = (host, data) => {
  const view = host.digitlab;
  view.waiting = view.drag ? data : undefined;
  const older = view.of === data.of && (data.revision < view.revision || view.timer !== undefined);
  if (!older && !view.drag) take(host, data);
};

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const host = parentElement.querySelector(".dl-boxes") ?? makeHost(parentElement);
  host.digitlab.send = setStateValue;
  show(host, data);
}
