import { createInterface } from "node:readline/promises";

/**
 * Asks a question that is answered with y or n, until it is. Without a terminal nobody can answer: gives `otherwise`.
 */
export async function ask(question: string, otherwise: boolean): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return otherwise;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    for (;;) {
      const answer = (await terminal.question(`${question} [y/n] `)).trim().toLowerCase();
      if (answer === "y" || answer === "yes") return true;
      if (answer === "n" || answer === "no") return false;
    }
  } finally {
    terminal.close();
  }
}
