import type { Metric, RegistryContentType } from "prom-client";
import { acceptsMediaType, parseAccept } from "../accept.ts";
import type { Family, Sample } from "./family.ts";

/** The text of metrics, and what kind of text it is. */
export interface ExposedMetrics {
  readonly contentType: string;
  readonly text: string;
}

/**
 * Writes metrics as OpenMetrics for those who prefer that, else in the format of Prometheus.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export async function exposeMetrics(families: Iterable<Family>, accept: string | undefined): Promise<ExposedMetrics> {
  // Servers whose metrics nobody asks for start without it.
  const { Registry } = await import("prom-client");
  const isOpen = prefersOpenMetrics(accept ?? "");
  const contentType = isOpen ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE;
  const labelsIn = isOpen ? openMetricsLabels : ({ labels }: Sample): Sample["labels"] => labels;
  const registry = new Registry<RegistryContentType>();
  registry.setContentType(contentType);
  for (const family of families) registry.registerMetric(asMetric(family, labelsIn));
  return { contentType, text: await registry.metrics() };
}

/** OpenMetrics is taken where it comes first of the two, as Prometheus asks. */
function prefersOpenMetrics(accept: string): boolean {
  const first = parseAccept(accept).find(
    (clause) =>
      clause.quality > 0 &&
      (acceptsMediaType(clause, "text", "plain") ||
        (clause.type === "application" && clause.subtype === "openmetrics-text")),
  );
  return first?.type === "application";
}

/** What a registry asks of a metric. It renames those that count for OpenMetrics, so each registry has its own. */
interface Exposable {
  name: string;
  readonly type: Family["type"];
  get(): Promise<object>;
}

// There the bounds of buckets are always written as fractions.
function openMetricsLabels({ labels }: Sample): Sample["labels"] {
  const { le } = labels;
  return le === undefined || !/^\d+$/.test(le) ? labels : { ...labels, le: `${le}.0` };
}

function asMetric(family: Family, labelsIn: (sample: Sample) => Sample["labels"]): Metric {
  const { name, help, type } = family;
  const exposable: Exposable = {
    name,
    type,
    // Its own name is the one that the registry has given it.
    get(): Promise<object> {
      const values = [...family.samples()].map((sample) => {
        const { value, suffix } = sample;
        const labels = labelsIn(sample);
        return suffix === undefined ? { labels, value } : { labels, value, metricName: `${name}${suffix}` };
      });
      return Promise.resolve({ name: this.name, help, type, values, aggregator: "sum" });
    },
  };
  // The registry uses no more of a metric than this; to fill metrics of the library's own, for every request, is what
  // would cost much.
  return exposable as unknown as Metric;
}
