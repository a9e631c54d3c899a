const pollMs = 50;
// Some controllers try again only after a minute.
const patienceMs = 120_000;

/**
 * Asks until there is an answer, and gives it; an error counts for none. After two minutes it throws with what `trouble`
 * says and the last error.
 */
export async function poll<T>(
  ask: () => Promise<T | undefined | false>,
  trouble: () => string | Promise<string>,
): Promise<T> {
  const deadlineMs = Date.now() + patienceMs;
  let cause: unknown;
  do {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  } while (Date.now() < deadlineMs);
  throw new Error(await trouble(), { cause });
}
