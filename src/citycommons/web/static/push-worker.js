// Shows what the city tells of road works, also when no page is open; a click leads to the works.
self.addEventListener("push", (event) => {
  let told;
  try {
    told = event.data.json();
  } catch {
    return;
  }
  event.waitUntil(self.registration.showNotification(String(told.title), {
    body: String(told.body ?? ""),
    tag: String(told.tag ?? ""),
    icon: "/static/icon.svg",
    data: { url: String(told.url ?? "/roadworks") },
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data.url, self.location.origin);
  if (url.origin === self.location.origin) event.waitUntil(self.clients.openWindow(url.href));
});
