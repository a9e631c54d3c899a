import type { UserInfo } from "../meta/user-info.ts";
import type { Status } from "../meta/v1.ts";
import type { AuditedObject, AuditedStatus } from "./audit-event.ts";
import { withoutManagedFields } from "./managed-fields.ts";
import type { AuditedAttributes, AuditRuling, AuditStage } from "./policy.ts";
import { sourceIps, type RequestOrigin } from "./source-ips.ts";

/** A request, as far as its first event tells of it. */
export interface AuditedRequest extends RequestOrigin {
  readonly auditId: string;
  /** The URL as the client sent it. */
  readonly uri: string;
  readonly attributes: AuditedAttributes;
  /** Undefined where nobody was recognised. */
  readonly user: UserInfo | undefined;
  readonly userAgent: string | undefined;
  /** By the server's clock, in milliseconds. */
  readonly receivedAtMs: number;
  /** Whether its answer goes on for long, as a watch does: then there is an event at its beginning too. */
  readonly isLongRunning: boolean;
  /** Whether it was refused before anybody asked who makes it: then its end is no event of its own. */
  readonly isRefused?: boolean;
}

/** What an object tells of itself. */
export interface AuditedMetadata {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** Takes in what is known at a stage. */
type Tell = (record: AuditRecord, stage: AuditStage) => void;

/**
 * What the events of one request tell, gathered while it is served.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/audit#AuditContext
 */
export class AuditRecord {
  readonly request: AuditedRequest;
  readonly ruling: AuditRuling;
  readonly object: AuditedObject | undefined;
  readonly sourceIps: readonly string[];
  readonly annotations = new Map<string, string>();
  readonly #tell: Tell;
  #impersonated: UserInfo | undefined;
  #requestObject: string | undefined;
  #responseObject: string | undefined;
  #status: AuditedStatus | undefined;
  #answered = false;
  #finished = false;

  constructor(request: AuditedRequest, ruling: AuditRuling, tell: Tell) {
    this.request = request;
    this.ruling = ruling;
    this.object = objectOf(request.attributes);
    this.sourceIps = sourceIps(request);
    this.#tell = tell;
  }

  get impersonatedUser(): UserInfo | undefined {
    return this.#impersonated;
  }

  get requestObject(): string | undefined {
    return this.#requestObject;
  }

  get responseObject(): string | undefined {
    return this.#responseObject;
  }

  get status(): AuditedStatus | undefined {
    return this.#status;
  }

  /** Whether the bodies of requests are told. */
  get wantsRequest(): boolean {
    return this.ruling.level === "Request" || this.wantsResponse;
  }

  /** Whether the answers are told too. */
  get wantsResponse(): boolean {
    return this.ruling.level === "RequestResponse";
  }

  /** Tells of the user on whose behalf the request goes on. */
  impersonate(user: UserInfo): void {
    this.#impersonated = user;
  }

  /** Adds an annotation; the first of its key stays. */
  annotate(key: string, value: string): void {
    if (!this.annotations.has(key)) this.annotations.set(key, value);
  }

  /** Takes in the object that the request's body holds, before it is changed in any way. */
  sent(object: { readonly metadata: AuditedMetadata }): void {
    if (this.object !== undefined) complete(this.object, object.metadata);
    if (this.wantsRequest) this.#requestObject = this.jsonOf(object);
  }

  /** Takes in a body that is no object, such as a patch: its JSON is told, and other text as a string. */
  sentText(bytes: Uint8Array): void {
    if (this.wantsRequest) this.#requestObject = oneLineJson(Buffer.from(bytes).toString());
  }

  /** Takes in the JSON of what is answered, in one line; undefined for what is too long to tell. */
  answerWith(json: string | undefined): void {
    this.#responseObject = json?.trimEnd();
    if (json === undefined) this.annotate("audit.k8s.io/truncated", "true");
  }

  /** Takes in the Status that is answered. */
  answerWithStatus(status: Status): void {
    this.#status = status;
    if (this.wantsResponse) this.answerWith(JSON.stringify(status));
  }

  /** A value's JSON as it may be told. */
  jsonOf(value: object): string {
    return JSON.stringify(this.ruling.omitManagedFields ? withoutManagedFields(value) : value);
  }

  /** The request has been received. */
  received(): void {
    this.#tell(this, "RequestReceived");
  }

  /** The headers of the answer have been sent. */
  answered(code: number): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#status = { ...this.#status, code };
    if (this.request.isLongRunning) this.#tell(this, "ResponseStarted");
  }

  /** The answer is complete, or nobody waits for it any more. */
  finish(): void {
    if (this.#finished) return;
    if (!this.#answered) {
      this.#status = { status: "Success", message: "Connection closed early" };
      this.answered(200);
    }
    if (this.request.isRefused !== true) this.#end("ResponseComplete");
  }

  /** The request has failed for a fault of the server, and has got no more than a 500. */
  panic(message: string): void {
    if (this.#finished) return;
    this.#status = { status: "Failure", message: `APIServer panic'd: ${message}`, reason: "InternalError", code: 500 };
    this.#end("Panic");
  }

  #end(stage: AuditStage): void {
    this.#finished = true;
    this.#tell(this, stage);
  }
}

function objectOf(attributes: AuditedAttributes): AuditedObject | undefined {
  if (!attributes.isResourceRequest) return undefined;
  const { resource, namespace, name, apiGroup, apiVersion, subresource } = attributes;
  return { resource, namespace, name, uid: "", apiGroup, apiVersion, resourceVersion: "", subresource };
}

// What the URL says stands.
function complete(object: AuditedObject, metadata: AuditedMetadata): void {
  if (object.namespace === "") object.namespace = metadata.namespace ?? "";
  if (object.name === "") object.name = metadata.name ?? "";
  if (object.uid === "") object.uid = metadata.uid ?? "";
  if (object.resourceVersion === "") object.resourceVersion = metadata.resourceVersion ?? "";
}

/** JSON in one line, with its numbers as they are written; other text as a string. */
function oneLineJson(text: string): string {
  try {
    JSON.parse(text);
  } catch {
    return JSON.stringify(text);
  }
  // In valid JSON a line end can only stand between tokens.
  return text.replace(/[\r\n]+/g, " ").trim();
}
