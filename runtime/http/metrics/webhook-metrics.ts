import type { WebhookObserver } from "../../admission/webhook/asked-webhook.ts";
import type { ServerMetrics } from "./server-metrics.ts";

const label = ["name", "type", "operation"];
const codeMax = 600;

/**
 * Adds the metrics of admission webhooks, and gives what counts a call of one.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/admission/metrics
 */
export function webhookMetrics(metrics: ServerMetrics): WebhookObserver {
  const durations = metrics.histogram(
    "apiserver_admission_webhook_admission_duration_seconds",
    "Admission webhook latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validating or admit).",
    [...label, "rejected"],
    [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25],
  );
  const requests = metrics.counter(
    "apiserver_admission_webhook_request_total",
    "Admission webhook request total, identified by name and broken out for each admission type (validating or mutating) and operation.",
    [...label, "code", "rejected"],
  );
  const rejections = metrics.counter(
    "apiserver_admission_webhook_rejection_count",
    "Admission webhook rejection count, identified by name and broken out for each admission type (validating or admit) and operation.",
    [...label, "error_type", "rejection_code"],
  );
  const failedOpen = metrics.counter(
    "apiserver_admission_webhook_fail_open_count",
    "Admission webhook fail open count, identified by name and broken out for each admission type (validating or admit).",
    ["name", "type"],
  );
  return ({ name, type, operation, seconds, outcome, code }) => {
    const rejected = outcome === "refused" || outcome === "failed";
    const bounded = String(Math.min(code, codeMax));
    durations.of(name, type, operation, String(rejected)).observe(seconds);
    requests.of(name, type, operation, bounded, String(rejected)).value++;
    if (outcome === "failed open") failedOpen.of(name, type).value++;
    if (!rejected) return;
    const errorType = outcome === "failed" ? "calling_webhook_error" : "no_error";
    rejections.of(name, type, operation, errorType, bounded).value++;
  };
}
