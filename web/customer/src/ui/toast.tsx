import { lazy, Suspense, useSyncExternalStore } from "react";

export interface Toast {
  title: string;
  text?: string;
  tone?: "plain" | "alert" | "failure";
  action?: { label: string; run: () => void };
}

export interface ShownToast extends Toast {
  id: string;
}

const Stage = lazy(() => import("./toast-stage"));
const NEWEST = 4;
let shown: readonly ShownToast[] = [];
const listeners = new Set<() => void>();

function become(next: readonly ShownToast[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Shows a short message at the edge of the page. One with something to do in it stays longer. */
export function toast(content: Toast): void {
  become([...shown, { ...content, id: crypto.randomUUID() }].slice(-NEWEST));
}

export function dismiss(id: string): void {
  become(shown.filter((one) => one.id !== id));
}

/** Where the messages appear: a live region that is there before the first of them, so that each is announced. */
export function Toasts() {
  const toasts = useSyncExternalStore(subscribe, () => shown);
  return (
    <div role="status" aria-live="polite">
      <Suspense>{toasts.length > 0 && <Stage toasts={toasts} />}</Suspense>
    </div>
  );
}
