import type { ListOptions } from "../meta/options.ts";

/** A bookmark comes so long before the end of a watch that its client gets it, and can go on from there. */
const bookmarkBeforeEndMs = 2_000;
/** The longest time that a timer takes. */
const timerMsMax = 2 ** 31 - 1;

/** When a watch has to do something by itself. */
export interface WatchSchedule {
  /** The time until then; undefined for never. */
  readonly nextTickMs: () => number | undefined;
  /** Whether the tick that was asked for last is the watch's end; else it is the time of a bookmark. */
  readonly isOver: () => boolean;
}

/** The schedule of a watch that starts now: bookmarks every so often and right before the end, if it wants any. */
export function watchSchedule(
  { timeoutSeconds = 0, allowWatchBookmarks }: Pick<ListOptions, "timeoutSeconds" | "allowWatchBookmarks">,
  bookmarkPeriodMs: number,
): WatchSchedule {
  const end = timeoutSeconds > 0 ? performance.now() + timeoutSeconds * 1000 : Infinity;
  let over = false;
  return {
    nextTickMs() {
      const now = performance.now();
      const bookmark = allowWatchBookmarks ? nextBookmark(now, end, bookmarkPeriodMs) : Infinity;
      const next = Math.min(end, bookmark);
      if (next === Infinity) return undefined;
      const afterMs = Math.max(0, next - now);
      over = end <= bookmark && afterMs <= timerMsMax;
      return Math.min(afterMs, timerMsMax);
    },
    isOver: () => over,
  };
}

function nextBookmark(now: number, end: number, periodMs: number): number {
  const next = Math.min(now + periodMs, end - bookmarkBeforeEndMs);
  return next <= now ? Infinity : next;
}
