// The desk beyond HTML: drop a file with progress, an address made from the title, focus on what failed.
document.querySelector("[data-focus]")?.focus();

const from = document.querySelector("[data-slug-from]");
const slug = document.querySelector("[data-slug]");
if (from && slug) {
  const made = () => from.value.normalize("NFKD").replace(/\p{M}/gu, "").replaceAll("ß", "ss").toLowerCase()
    .replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60).replace(/-+$/, "");
  let own = slug.value !== "" && slug.value !== made();
  slug.addEventListener("input", () => { own = slug.value !== ""; });
  from.addEventListener("input", () => { if (!own) slug.value = made(); });
}

for (const form of document.querySelectorAll("[data-upload]")) {
  const zone = form.querySelector(".dropzone");
  const input = form.querySelector("input[type=file]");
  const button = form.querySelector("button");
  const shown = form.querySelector("[data-progress]");
  const bar = shown.querySelector("progress");
  const words = shown.querySelector("[role=status]");
  const trouble = document.querySelector("[data-trouble]");

  // Anywhere on the page will do; the browser must not open the file instead.
  for (const kind of ["dragover", "dragenter"]) {
    document.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.add("over"); });
  }
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) zone.classList.remove("over"); });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    if (!event.dataTransfer?.files.length || button.disabled) return;
    input.files = event.dataTransfer.files;
    form.requestSubmit();
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const request = new XMLHttpRequest();
    const began = performance.now();
    request.open("POST", form.action);
    request.setRequestHeader("X-CSRF-Token", form.elements._csrf_token.value);
    request.setRequestHeader("Accept", "text/html");
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      const share = total ? loaded / total : 0;
      bar.value = share * 100;
      const left = share > 0.02 ? Math.ceil(((performance.now() - began) / 1000 / share) * (1 - share)) : null;
      words.textContent = share < 1
        ? `${words.dataset.sending}: ${Math.floor(share * 100)} %${left ? ` · ${left} s` : ""}`
        : words.dataset.reading;
      if (share >= 1) bar.removeAttribute("value");
    });
    request.addEventListener("load", () => {
      const landed = new URL(request.responseURL || form.action);
      if (request.status < 300 && landed.pathname !== new URL(form.action).pathname) {
        location.assign(landed.href);
        return;
      }
      // The answer is the page again, saying what was wrong.
      const page = new DOMParser().parseFromString(request.responseText, "text/html").querySelector("main");
      if (page) {
        document.querySelector("main").replaceWith(document.adoptNode(page));
        document.querySelector("main [role=alert]:not([hidden])")?.focus();
      } else stop();
    });
    const stop = () => {
      shown.hidden = true;
      button.disabled = false;
      trouble.hidden = false;
      trouble.focus();
    };
    request.addEventListener("error", stop);
    request.addEventListener("abort", stop);
    trouble.hidden = true;
    shown.hidden = false;
    button.disabled = true;
    request.send(new FormData(form));
  });
}
