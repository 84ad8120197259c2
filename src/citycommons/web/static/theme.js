// Before the first paint, and therefore no module: the paper the reader chose, kept on the device.
(function () {
  try {
    var chosen = localStorage.getItem("theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch (_) { /* a browser that keeps nothing shows the device's own paper */ }
})();
