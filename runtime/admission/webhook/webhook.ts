import { matchesLabels, type LabelRequirement } from "../../meta/label-selector.ts";
import { labelSelectorRequirements } from "../../meta/object-label-selector.ts";
import { once } from "../../meta/once.ts";
import { SelectorError } from "../../meta/selector-error.ts";
import { internalError } from "../../meta/status-error.ts";
import type { LabelSelector } from "../../meta/v1.ts";
import type { WebhookConfiguration, WebhookSpec } from "./configuration.ts";
import type { Endpoint, Endpoints } from "./endpoint.ts";
import { matchConditions, type MatchConditions } from "./match-conditions.ts";

/** A webhook with all that can be made ready before it is asked. */
export interface Webhook {
  readonly spec: WebhookSpec;
  /** The name of its configuration. */
  readonly configuration: string;
  /** Where it stands among all webhooks of its kind. */
  readonly index: number;
  readonly ignoresFailures: boolean;
  readonly timeoutMs: number;
  readonly namespaces: Selector;
  readonly objects: Selector;
  /** Compiled when they are first needed; undefined where it has no conditions. */
  readonly conditions: (() => MatchConditions) | undefined;
  readonly endpoint: Endpoint;
}

/** A label selector that is ready to be used, or the error that keeps it from that. */
export type Selector = readonly LabelRequirement[] | SelectorError;

const timeoutSecondsDefault = 10;

/** The webhooks of configurations, in the order in which they are asked: by the configurations' names. */
export function compileWebhooks(configurations: readonly WebhookConfiguration[], endpoints: Endpoints): Webhook[] {
  const sorted = configurations.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const specs = sorted.flatMap(({ metadata, webhooks = [] }) =>
    webhooks.map((spec) => ({ spec, configuration: metadata.name })),
  );
  return specs.map(({ spec, configuration }, index) => compile(spec, configuration, index, endpoints));
}

function compile(spec: WebhookSpec, configuration: string, index: number, endpoints: Endpoints): Webhook {
  const ignoresFailures = spec.failurePolicy === "Ignore";
  const { matchConditions: conditions = [] } = spec;
  return {
    spec,
    configuration,
    index,
    ignoresFailures,
    timeoutMs: (spec.timeoutSeconds ?? timeoutSecondsDefault) * 1000,
    namespaces: selectorOf(spec.namespaceSelector),
    objects: selectorOf(spec.objectSelector),
    conditions: conditions.length === 0 ? undefined : once(() => matchConditions(conditions, ignoresFailures)),
    endpoint: endpoints.at(spec.clientConfig),
  };
}

function selectorOf(selector: LabelSelector = {}): Selector {
  try {
    const requirements = labelSelectorRequirements(selector);
    return requirements === "nothing" ? [] : requirements;
  } catch (error) {
    if (error instanceof SelectorError) return error;
    throw error;
  }
}

/** Whether labels meet a selector. Throws 500 for a selector that is none. */
export function selects(selector: Selector, labels: Readonly<Record<string, string>> | undefined): boolean {
  if (selector instanceof SelectorError) throw internalError(selector.message, selector);
  return matchesLabels(selector, labels);
}

/** Whether a selector is met by whatever labels there are, none included. */
export function selectsAll(selector: Selector): boolean {
  return !(selector instanceof SelectorError) && selector.length === 0;
}
