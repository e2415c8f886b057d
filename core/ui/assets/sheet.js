// A page of digits: real buttons over one picture that holds them all, each showing its part of it.

const element = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};

const makeTile = () => {
  const item = element("li");
  const button = element("button", "dl-digit");
  button.type = "button";
  // What is seen, and in words what it means for those who hear it.
  const seen = [element("span", "dl-picture"), element("span", "dl-caption")];
  for (const part of seen) part.setAttribute("aria-hidden", "true");
  button.append(...seen, element("span", "dl-heard"));
  item.append(button);
  return item;
};

const makeLine = (line) => {
  const row = element("span", "dl-line");
  if (line.colour) {
    const dot = element("span", "dl-dot");
    dot.style.background = line.colour;
    row.append(dot);
  }
  row.append(line.before, element("b", "", line.digit), line.after);
  return row;
};

const fillTile = (item, tile, columns, rows) => {
  const button = item.firstChild;
  button.dataset.index = tile.index;
  button.title = tile.label;
  const [picture, caption, heard] = button.children;
  heard.textContent = tile.label;
  const there = tile.place !== null;
  picture.classList.toggle("dl-gone", !there);
  picture.textContent = there ? "" : "no picture";
  if (there) {
    // In percent of what the picture is larger than its window: right at every size.
    const across = columns > 1 ? (100 * (tile.place % columns)) / (columns - 1) : 0;
    const down = rows > 1 ? (100 * Math.floor(tile.place / columns)) / (rows - 1) : 0;
    picture.style.backgroundPosition = `${across}% ${down}%`;
  }
  caption.replaceChildren(...tile.lines.map(makeLine));
};

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let sheet = parentElement.querySelector("ul.dl-sheet");
  if (!sheet) {
    sheet = element("ul", "dl-sheet");
    parentElement.append(sheet);
  }
  sheet.setAttribute("aria-label", data.label);
  sheet.style.setProperty("--dl-picture", data.picture ? `url("${data.picture}")` : "none");
  sheet.style.setProperty("--dl-size", `${100 * data.columns}% ${100 * data.rows}%`);
  data.tiles.forEach((tile, place) => {
    const item = sheet.children[place] ?? sheet.appendChild(makeTile());
    fillTile(item, tile, data.columns, data.rows);
  });
  while (sheet.children.length > data.tiles.length) sheet.lastChild.remove();
  // Assigned, not added: this function runs again at every update.
  sheet.onclick = (event) => {
    const button = event.target.closest("button");
    if (button) setTriggerValue("opened", { index: Number(button.dataset.index) });
  };
}
