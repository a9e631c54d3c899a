import type { AdmissionPlugin } from "../../runtime/admission/admission.ts";
import type { UserInfo } from "../../runtime/meta/user-info.ts";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import type { ResourceDescriptor } from "../../runtime/scheme/descriptor.ts";
import type { RequestContext } from "../../runtime/scheme/request-context.ts";
import { deleteOptions, request, updateOptions } from "../registry/request.ts";
import { newWidget, widgetOf } from "../registry/widget.ts";
import {
  openAdmission,
  startCluster,
  type AdmissionChanges,
  type ClusterAdmission,
  type TestCluster,
} from "./cluster.ts";
import { startWebhookServer, type WebhookServer } from "./webhook-server.ts";

/** A write of a widget by a test. */
export interface Write {
  readonly version?: "v1" | "v1beta1";
  readonly subresource?: string;
  readonly namespace?: string;
  readonly object?: KubeObject;
  readonly old?: KubeObject;
  readonly dryRun?: boolean;
  readonly objectKind?: ResourceDescriptor;
  readonly user?: UserInfo;
  readonly signal?: AbortSignal;
}

/** Webhooks, the cluster that configures them, and a server that asks them. */
export class Admitted {
  readonly cluster: TestCluster;
  readonly webhooks: WebhookServer;
  admission: ClusterAdmission;
  readonly warnings: string[] = [];
  readonly annotations: [string, string, string][] = [];

  private constructor(cluster: TestCluster, webhooks: WebhookServer, admission: ClusterAdmission) {
    this.cluster = cluster;
    this.webhooks = webhooks;
    this.admission = admission;
  }

  static async start(changes: AdmissionChanges = {}): Promise<Admitted> {
    const cluster = await startCluster();
    return new Admitted(cluster, await startWebhookServer(), openAdmission(cluster, changes));
  }

  async close(): Promise<void> {
    this.admission.plugins.close();
    await this.cluster.close();
    await this.webhooks.close();
  }

  /** Back to how it started. */
  reset(): void {
    this.admission.plugins.close();
    this.cluster.reset();
    this.webhooks.reset();
    this.warnings.length = 0;
    this.annotations.length = 0;
    this.reopen({});
  }

  /** Opens the plugins anew. */
  reopen(changes: AdmissionChanges): void {
    this.admission.plugins.close();
    this.admission = openAdmission(this.cluster, changes);
  }

  /** Has the webhooks of one configuration from now on; before the plugins have looked. */
  configure(
    kind: "mutating" | "validating",
    webhooks: readonly object[],
    name = "configuration",
    own: readonly AdmissionPlugin[] = [],
  ): void {
    this.cluster.putUntold(`${kind}webhookconfigurations`, name, { webhooks });
    this.reopen({ own });
  }

  context({ namespace = "ns", user, signal }: Write): RequestContext {
    return request({
      namespace,
      warn: (text) => this.warnings.push(text),
      annotate: (key, value, level) => this.annotations.push([key, value, level]),
      ...(user === undefined ? {} : { user }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** Lets admission change a widget that is to be created, or to take the place of `old`. */
  mutate(write: Write = {}): Promise<KubeObject> {
    const { old, object = newWidget() } = write;
    const base = { ...this.base(write), object, options: updateOptions({ dryRun: write.dryRun ?? false }) };
    const told =
      old === undefined ? { ...base, operation: "CREATE" as const } : { ...base, operation: "UPDATE" as const, old };
    return this.admission.chain.mutate(told, this.context(write));
  }

  /** Lets admission judge a widget that is to be created, or to take the place of `old`. */
  validate(write: Write = {}): Promise<void> {
    const { old, object = newWidget() } = write;
    const base = { ...this.base(write), object, options: updateOptions({ dryRun: write.dryRun ?? false }) };
    const told =
      old === undefined ? { ...base, operation: "CREATE" as const } : { ...base, operation: "UPDATE" as const, old };
    return this.admission.chain.validate(told, this.context(write));
  }

  /** Lets admission judge a deletion. */
  remove(write: Write = {}): Promise<void> {
    const { old = newWidget() } = write;
    const options = deleteOptions({
      dryRun: write.dryRun ?? false,
      gracePeriodSeconds: 5,
      propagationPolicy: "Foreground",
    });
    return this.admission.chain.validate(
      { ...this.base(write), operation: "DELETE", old, options },
      this.context(write),
    );
  }

  private base({ version = "v1", subresource = "", objectKind }: Write): {
    readonly descriptor: ResourceDescriptor;
    readonly subresource: string;
    readonly name: string;
    readonly objectKind?: ResourceDescriptor;
  } {
    const descriptor = widgetOf(this.admission.scheme, version);
    return { descriptor, subresource, name: "w", ...(objectKind === undefined ? {} : { objectKind }) };
  }
}
