import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

const progressMs = 5_000;

/** Runs `npm install` in a project, telling each few seconds that it goes on. Throws with npm's own words where it fails. */
export async function installPackages(root: string, tell: (line: string) => void): Promise<void> {
  const startedMs = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedMs) / 1000);
  tell("npm install …");
  const npm = spawn("npm", ["install", "--no-fund", "--no-audit", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });
  const progress = setInterval(() => tell(`npm install … ${seconds()} s`), progressMs);
  try {
    const [errors, , [code]] = await Promise.all([text(npm.stderr), text(npm.stdout), once(npm, "close")]);
    if (code !== 0) throw new Error(`npm install failed:\n${errors.trim()}\nTo mend it, run: npm install`);
    tell(`npm install: ${seconds()} s`);
  } finally {
    clearInterval(progress);
  }
}
