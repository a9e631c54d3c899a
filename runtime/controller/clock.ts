/** Time as a manager sees it, so that a test can have one that passes as it likes. */
export interface Clock {
  /** Milliseconds since some moment; they only grow. */
  nowMs(): number;
  /** What the calendar says, which may jump. */
  date(): Date;
  /** Calls `act` once, so many milliseconds from now. Gives what calls it off. */
  after(ms: number, act: () => void): () => void;
}

/** What a timer of Node can be set to. */
const timerMaxMs = 2 ** 31 - 1;

/** The time of this machine. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  date: () => new Date(),
  after(ms, act) {
    const timer = setTimeout(act, Math.min(ms, timerMaxMs));
    return () => clearTimeout(timer);
  },
};

/** Resolves after so many milliseconds, or once the signal says to stop, if that is sooner. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    signal.addEventListener("abort", end);
  });
}

/** Resolves with true once `work` is done, or with false after so many milliseconds, if that is sooner. */
export function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => resolve(false));
    work.then(() => resolve(true), reject).finally(cancel);
  });
}
