import type { Job } from "./job.ts";
import { runRequests } from "./requests.ts";
import { runWatch } from "./watch.ts";

// A process of its own, so that what it costs is told apart from what the server costs: a job in, a result out.
const job = JSON.parse(process.argv[2] ?? "") as Job;
try {
  const result = await (job.kind === "watch" ? runWatch(job) : runRequests(job));
  process.stdout.write(JSON.stringify(result), () => process.exit(0));
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error), () => process.exit(1));
}
