import { readdirSync, readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { getHeapSpaceStatistics } from "node:v8";
import { gauge, keptCounter, numberGauge, type Family, type Sample } from "./family.ts";

/**
 * What is known of the process, under the names that Prometheus' clients and those of Node have for it. All is read when
 * it is asked for: nothing is measured in between, and no timer runs.
 */
export function processFamilies(): Family[] {
  const startedAt = Date.now() / 1000 - process.uptime();
  return [
    keptCounter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", cpuSeconds),
    numberGauge(
      "process_start_time_seconds",
      "Start time of the process since unix epoch in seconds.",
      () => startedAt,
    ),
    numberGauge("process_resident_memory_bytes", "Resident memory size in bytes.", () => process.memoryUsage.rss()),
    gauge("process_open_fds", "Number of open file descriptors.", openFiles),
    gauge("process_max_fds", "Maximum number of open file descriptors.", filesMax),
    numberGauge(
      "nodejs_heap_size_total_bytes",
      "Process heap size from Node.js in bytes.",
      () => process.memoryUsage().heapTotal,
    ),
    numberGauge(
      "nodejs_heap_size_used_bytes",
      "Process heap size used from Node.js in bytes.",
      () => process.memoryUsage().heapUsed,
    ),
    numberGauge(
      "nodejs_external_memory_bytes",
      "Node.js external memory size in bytes.",
      () => process.memoryUsage().external,
    ),
    gauge("nodejs_heap_space_size_used_bytes", "Process heap space size used from Node.js in bytes.", heapSpaces),
    gauge(
      "nodejs_active_resources",
      "Number of active resources that are currently keeping the event loop alive, grouped by async resource type.",
      activeResources,
    ),
    gauge("nodejs_version_info", "Node.js version info.", () => [{ labels: { version: process.version }, value: 1 }]),
    ...eventLoopFamilies(),
  ];
}

/** How busy the event loop was since the last time that it was asked for. */
function eventLoopFamilies(): Family[] {
  let last = performance.eventLoopUtilization();
  const since = (): number => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
  return [
    numberGauge(
      "nodejs_eventloop_utilization",
      "Share of time that the event loop was busy since the last scrape.",
      since,
    ),
    keptCounter("nodejs_eventloop_active_seconds_total", "Time that the event loop was busy in seconds.", () => [
      { labels: {}, value: performance.eventLoopUtilization().active / 1000 },
    ]),
  ];
}

function cpuSeconds(): Sample[] {
  const { user, system } = process.cpuUsage();
  return [{ labels: {}, value: (user + system) / 1e6 }];
}

// Only Linux tells.
function openFiles(): Sample[] {
  try {
    return [{ labels: {}, value: readdirSync("/proc/self/fd").length - 1 }];
  } catch {
    return [];
  }
}

function filesMax(): Sample[] {
  try {
    const [, max] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return max === undefined ? [] : [{ labels: {}, value: Number(max) }];
  } catch {
    return [];
  }
}

function heapSpaces(): Sample[] {
  return getHeapSpaceStatistics().map(({ space_name: name, space_used_size: value }) => ({
    labels: { space: name.replace(/_space$/, "") },
    value,
  }));
}

function activeResources(): Sample[] {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].map(([type, value]) => ({ labels: { type }, value }));
}
