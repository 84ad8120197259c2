// Following road works in this browser: asked for by its reader, never by itself.
const section = document.querySelector("#browser");
const form = document.querySelector("#follow-form");

if (section && form && "serviceWorker" in navigator && "PushManager" in window) {
  section.hidden = false;
  section.querySelector("#push-follow").addEventListener("click", follow);
}

async function follow(event) {
  const said = section.querySelector("#push-said");
  event.target.disabled = true;
  try {
    const registration = await navigator.serviceWorker.register("/roadworks/push-worker.js");
    const key = await (await fetch("/roadworks/follow/key")).text();
    const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    const { endpoint, keys } = made.toJSON();
    const body = new URLSearchParams(new FormData(form));
    body.delete("email");
    for (const [name, value] of Object.entries({ endpoint, p256dh: keys.p256dh, auth: keys.auth })) body.set(name, value);
    const answer = await fetch("/roadworks/follow/push", { method: "POST", body });
    if (!answer.ok) throw new Error((await answer.json()).detail ?? "");
    const stop = document.createElement("a");
    stop.href = await answer.text();
    stop.textContent = section.dataset.stop;
    said.replaceChildren(`${section.dataset.done} `, stop);
  } catch (cause) {
    said.textContent = `${section.dataset.error} ${cause.message ?? ""}`;
    event.target.disabled = false;
  }
}
