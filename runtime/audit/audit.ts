import { AuditLog, type LineDestination, type OnLostLines } from "./audit-log.ts";
import { eventLine } from "./audit-event.ts";
import { AuditRecord, type AuditedRequest } from "./audit-record.ts";
import { defaultAuditLimits, type AuditLimits } from "./limits.ts";
import { judgeBy, type AuditJudge, type AuditLevel, type AuditPolicy, type AuditStage } from "./policy.ts";

/** What auditing has done so far. */
export interface AuditCounts {
  events: number;
  /** Events that could not be written. */
  errors: number;
  readonly levels: { [Level in AuditLevel]: number };
}

/** How requests are audited. */
export interface AuditOptions {
  readonly policy: AuditPolicy;
  readonly destination: LineDestination;
  /** Hears of events that are lost, which are counted too. */
  readonly onLost: OnLostLines;
  readonly limits?: Partial<AuditLimits>;
  readonly now?: () => Date;
}

/**
 * Writes down who did what: judges each request by the policy, and tells of those that it wants to know of.
 * https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
 */
export class Audit {
  readonly counts: AuditCounts = {
    events: 0,
    errors: 0,
    levels: { None: 0, Metadata: 0, Request: 0, RequestResponse: 0 },
  };
  readonly limits: AuditLimits;
  readonly #judge: AuditJudge;
  readonly #log: AuditLog;
  readonly #now: () => Date;

  constructor({ policy, destination, onLost, limits, now = () => new Date() }: AuditOptions) {
    this.limits = { ...defaultAuditLimits, ...limits };
    this.#judge = judgeBy(policy);
    this.#log = new AuditLog(destination, this.#lost(onLost), this.limits);
    this.#now = now;
  }

  /** The record of a request that the policy wants to know of; undefined for others. */
  begin(request: AuditedRequest): AuditRecord | undefined {
    const ruling = this.#judge(request.user, request.attributes);
    this.counts.levels[ruling.level]++;
    return ruling.level === "None" ? undefined : new AuditRecord(request, ruling, this.#tell);
  }

  /** Whether a request should wait for the log before it is served. */
  get isFull(): boolean {
    return this.#log.isFull;
  }

  /** Resolves once a request may go on; rejects when the signal aborts. */
  room(signal: AbortSignal): Promise<void> {
    return this.#log.room(signal);
  }

  /** Resolves once all events so far are written. */
  flush(): Promise<void> {
    return this.#log.flush();
  }

  /** Writes what there is, and closes the log. */
  close(): Promise<void> {
    return this.#log.close();
  }

  readonly #tell = (record: AuditRecord, stage: AuditStage): void => {
    if (record.ruling.omitStages.includes(stage)) return;
    const { request, ruling, impersonatedUser, requestObject, responseObject } = record;
    const { auditId, uri, attributes, user, receivedAtMs } = request;
    const event = {
      level: ruling.level,
      auditId,
      stage,
      requestUri: uri,
      verb: attributes.verb,
      user,
      impersonatedUser,
      sourceIps: record.sourceIps,
      userAgent: shortened(request.userAgent ?? ""),
      object: record.object,
      status: record.status,
      requestObject,
      responseObject,
      receivedAtMs,
      stageAtMs: stage === "RequestReceived" ? receivedAtMs : this.#now().getTime(),
      annotations: record.annotations,
    };
    this.counts.events++;
    this.#log.add(eventLine(event, this.limits.eventCharactersMax));
  };

  #lost(onLost: OnLostLines): OnLostLines {
    return (count, error) => {
      this.counts.errors += count;
      onLost(count, error);
    };
  }
}

const userAgentCharactersMax = 1024;

function shortened(userAgent: string): string {
  return userAgent.length > userAgentCharactersMax
    ? `${userAgent.slice(0, userAgentCharactersMax)}...TRUNCATED`
    : userAgent;
}
