import type { Remembered, TabMessage, Tabs } from "./session";

const NAME = "session";

/** Web Locks and a BroadcastChannel: both live as long as the tab and hold nothing on disk. */
export function browserTabs(): Tabs {
  const channel = new BroadcastChannel(NAME);
  return {
    exclusively: async (run) => navigator.locks.request(`${NAME}-refresh`, run),
    announce: (message) => {
      channel.postMessage(message);
    },
    listen: (listener) => {
      channel.addEventListener("message", (event: MessageEvent<TabMessage>) => {
        listener(event.data);
      });
    },
  };
}

export const rememberedInBrowser: Remembered = {
  get: () => localStorage.getItem(NAME) !== null,
  set: (present) => {
    if (present) localStorage.setItem(NAME, "present");
    else localStorage.removeItem(NAME);
  },
};
