// A small map stands still, drawn on the server, until its reader wants to move it: only then is
// the map library fetched. Without script the drawing and the link to the explorer remain.
for (const hold of document.querySelectorAll("[data-map]")) {
  const layers = hold.dataset.map;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn q small map-move";
  button.textContent = hold.dataset.words ?? "⤢";
  button.setAttribute("aria-label", hold.dataset.label ?? "⤢");
  hold.append(button);
  button.addEventListener("click", async () => {
    button.disabled = true;
    const { show } = await import("./explorer.js");
    hold.style.aspectRatio = `${hold.clientWidth} / ${hold.clientHeight}`;
    const canvas = document.createElement("div");
    canvas.className = "canvas-over";
    hold.append(canvas);
    await show(canvas, { layers: layers.split(",").filter(Boolean) });
    for (const drawing of hold.querySelectorAll(":scope > svg")) drawing.remove();
    button.remove();
  });
}
