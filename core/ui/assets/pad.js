// Makes the drawing pad, a component of its own, fit for fingers: its tools lie invisibly over a
// corner of it, where a finger would press them, and it waits a while before it tells of a stroke.
// Without this script it works as its authors meant it.

const STYLE = `
.dc-toolbar { display: none !important; }
.dc-root, .dc-root * { touch-action: none; overscroll-behavior: contain; user-select: none;
  -webkit-user-select: none; -webkit-touch-callout: none; }
`;
const NAME = "Drawing pad. Draw a digit with the mouse, a finger or a pen.";

const fit = (root) => {
  const canvas = root.querySelector("canvas.upper-canvas");
  if (!canvas) return false;
  if (canvas.dataset.fit) return true;
  canvas.dataset.fit = "yes";
  const style = document.createElement("style");
  style.textContent = STYLE;
  root.append(style);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", NAME);
  const tell = () => root.querySelector(".dc-toolbar button[title^='Update the app']")?.click();
  // The pad listens to the document as well, from the first moment of a stroke on: it comes first.
  const atEnd = (end) => () =>
    document.addEventListener(end, () => setTimeout(tell), { once: true });
  canvas.addEventListener("mousedown", atEnd("mouseup"));
  canvas.addEventListener("touchstart", atEnd("touchend"));
  return true;
};

export default function ({ data }) {
  let looks = 0;
  // The pad comes with a script of its own, which may still be on its way.
  const look = () => {
    const host = document.querySelector(
      `.st-key-${data.pad} [data-testid="stBidiComponentIsolated"]`,
    );
    if ((host?.shadowRoot && fit(host.shadowRoot)) || (looks += 1) > 300) return;
    setTimeout(look, 50);
  };
  look();
}
