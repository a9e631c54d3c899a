/** Does something again and again, with a pause between, until it is ended; `end` waits for the last time. */
export function again(pauseMs: number, work: () => Promise<void>): { end(): Promise<void> } {
  const ending = new AbortController();
  const loop = (async () => {
    while (!ending.signal.aborted) {
      await work();
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  })();
  return {
    async end() {
      ending.abort();
      await loop;
    },
  };
}
