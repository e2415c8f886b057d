// The link of a view: to read, to copy, to hand on, and as a QR code for somebody else's phone.
export default function ({ data, parentElement }) {
  let box = parentElement.querySelector(".dl-share");
  if (!box) {
    box = document.createElement("div");
    box.className = "dl-share";
    box.innerHTML = `
      <label for="dl-share-link">A link to what you see here</label>
      <div class="dl-share-line"><input id="dl-share-link" readonly>
      <button type="button">Copy</button></div><p role="status"></p>`;
    parentElement.append(box);
    const field = box.querySelector("input");
    const said = box.querySelector("[role=status]");
    field.addEventListener("focus", () => field.select());
    box.querySelector("button").addEventListener("click", async () => {
      let done = false;
      try {
        await navigator.clipboard.writeText(field.value);
        done = true;
      } catch {
        // Browsers keep the clipboard from pages that come without encryption: the old way works.
        field.focus();
        field.select();
        done = document.execCommand("copy");
      }
      said.textContent = done ? "Copied." : "It is marked: copy it with your keyboard.";
    });
  }
  const field = box.querySelector("input");
  if (field.value !== data.link) {
    field.value = data.link;
    box.querySelector("[role=status]").textContent = "";
  }
}
