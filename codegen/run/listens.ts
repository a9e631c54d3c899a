import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const pollMs = 10;
const waitMs = 60_000;

/** Waits until something on this machine listens on a port; not for ever, since what should may have ended. */
export async function listens(port: number): Promise<void> {
  const giveUpAt = performance.now() + waitMs;
  while (!(await accepts(port)) && performance.now() < giveUpAt) await sleep(pollMs);
}

async function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
