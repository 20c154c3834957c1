/** Let the system tell of a call while the page is hidden. */

export type NotifyState = "unsupported" | "default" | "granted" | "denied";

const TAG = "hamseda call";

/** Tell whether this page may notify; `default`: nobody was asked yet. */
export function notifyState(): NotifyState {
  return isSecureContext && "Notification" in globalThis ? Notification.permission : "unsupported";
}

/** Ask the person; only after a press, or browsers refuse. */
export async function askToNotify(): Promise<NotifyState> {
  if (notifyState() === "default") await Notification.requestPermission();
  return notifyState();
}

/**
 * Show a notification until the returned function is called; a press on it brings the page forward.
 *
 * Telephones show one through the service worker alone; without one they show none.
 */
export function notify(title: string): () => void {
  if (notifyState() !== "granted") return () => undefined;
  try {
    const shown = new Notification(title, { tag: TAG, requireInteraction: true });
    shown.onclick = () => {
      window.focus();
      shown.close();
    };
    return () => {
      shown.close();
    };
  } catch {
    return notifyByWorker(title);
  }
}

function notifyByWorker(title: string): () => void {
  let isOver = false;
  const showing = navigator.serviceWorker.getRegistration().then(async (registration) => {
    if (registration === undefined || isOver) return;
    await registration.showNotification(title, { tag: TAG });
  });
  return () => {
    isOver = true;
    void showing.then(closeAll, closeAll);
  };
}

async function closeAll(): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration();
  const shown = (await registration?.getNotifications({ tag: TAG })) ?? [];
  for (const each of shown) each.close();
}
