/** Something to wait for. */
export interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

/** A gate that is closed until somebody opens it. */
export function gate(): Gate {
  const opening = new AbortController();
  const opened = new Promise<void>((resolve) => opening.signal.addEventListener("abort", () => resolve()));
  return { opened, open: () => opening.abort() };
}
