import type { Reporter, TestModule, TestRunEndReason } from "vitest/node";

/** Closes a run with one line, `N passed, N failed`; a skipped test, or none at all, fails the run. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[], reason: TestRunEndReason): void {
    const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
    const broken = modules.filter((module) => module.state() === "failed" && !hasFailedTest(module));
    const passed = states.filter((state) => state === "passed").length;
    const failed = states.filter((state) => state === "failed").length + broken.length + errors.length;
    const skipped = states.length - passed - states.filter((state) => state === "failed").length;
    if (skipped > 0 || states.length === 0 || reason !== "passed") process.exitCode = 1;
    console.log(`${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);
  }
}

/** A module may fail without any of its tests: it does not load, or a hook throws. */
function hasFailedTest(module: TestModule): boolean {
  return [...module.children.allTests()].some((test) => test.result().state === "failed");
}
