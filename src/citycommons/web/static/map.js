// A small map stands still, drawn on the server, until its reader wants to move it: only then is
// the map library fetched. Without script the drawing and the link to the explorer remain.
for (const hold of document.querySelectorAll("[data-map]")) {
  const config = JSON.parse(hold.dataset.map);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn q small map-move";
  button.textContent = config.words.move;
  button.title = config.words.label;
  hold.append(button);
  button.addEventListener("click", async () => {
    button.disabled = true;
    button.textContent = "…";
    try {
      const { show } = await import("./explorer.js");
      hold.style.height = `${hold.clientHeight}px`;
      const canvas = document.createElement("div");
      canvas.className = "canvas-over";
      hold.append(canvas);
      const stage = await show(canvas, { ...config, label: config.words.label });
      for (const drawing of hold.querySelectorAll(":scope > svg")) drawing.remove();
      button.remove();
      stage.map.getCanvas().focus();
    } catch {
      button.disabled = false;
      button.textContent = config.words.move;
    }
  });
}
