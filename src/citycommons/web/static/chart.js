// Reading a chart with the pointer or the arrow keys. The values come from the figure's own table,
// so what is read here is what a screen reader gets there.
for (const hold of document.querySelectorAll("[data-chart]")) {
  const table = document.getElementById(hold.dataset.chart + "-data");
  if (!table) continue;
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent));
  const read = document.createElement("div");
  read.className = "chart-read";
  read.setAttribute("role", "status");
  read.hidden = true;
  hold.append(read);
  for (const svg of hold.querySelectorAll("svg[data-points]")) {
    const points = svg.dataset.points.split(" ").map((pair) => pair.split(",").map(Number));
    if (points.length !== rows.length) continue;
    const box = svg.viewBox.baseVal;
    const draw = (name, values) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(values)) made.setAttribute(key, value);
      made.setAttribute("visibility", "hidden");
      svg.append(made);
      return made;
    };
    const line = draw("line", { class: "cursor", y1: 24, y2: box.height - 28 });
    const dot = draw("circle", { class: "dot", r: 4.5 });
    let at = -1;
    const show = (index) => {
      at = Math.max(0, Math.min(points.length - 1, index));
      const [x, y] = points[at];
      line.setAttribute("x1", x);
      line.setAttribute("x2", x);
      dot.setAttribute("cx", x);
      dot.setAttribute("cy", y);
      for (const mark of [line, dot]) mark.setAttribute("visibility", "visible");
      read.replaceChildren();
      const value = document.createElement("b");
      value.textContent = rows[at][1] + (rows[at].length > 3 ? `  (${rows[at][2]} – ${rows[at][3]})` : "");
      read.append(value, rows[at][0], document.createElement("br"), heads[1]);
      read.hidden = false;
      const shown = svg.getBoundingClientRect();
      const left = (x / box.width) * shown.width;
      const wide = read.offsetWidth;
      read.style.left = `${left + 12 + wide > shown.width ? Math.max(0, left - wide - 12) : left + 12}px`;
      read.style.top = `${(y / box.height) * shown.height - 8}px`;
    };
    const hide = () => {
      read.hidden = true;
      for (const mark of [line, dot]) mark.setAttribute("visibility", "hidden");
    };
    svg.addEventListener("pointermove", (event) => {
      const shown = svg.getBoundingClientRect();
      const x = ((event.clientX - shown.left) / shown.width) * box.width;
      let best = 0;
      for (let i = 1; i < points.length; i += 1) {
        if (Math.abs(points[i][0] - x) < Math.abs(points[best][0] - x)) best = i;
      }
      show(best);
    });
    svg.addEventListener("pointerleave", hide);
    svg.addEventListener("blur", hide);
    svg.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1, PageDown: 24, PageUp: -24 }[event.key];
      if (event.key === "Escape") hide();
      if (event.key === "Home") show(0);
      if (event.key === "End") show(points.length - 1);
      if (step) show(at + step);
      if (step || event.key === "Home" || event.key === "End") event.preventDefault();
    });
    svg.setAttribute("tabindex", "0");
  }
}
