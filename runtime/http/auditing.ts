import type { AuditRecord } from "../audit/audit-record.ts";
import type { Decision } from "../auth/authorizer.ts";
import type { UserInfo } from "../meta/user-info.ts";
import { StatusError } from "../meta/status-error.ts";
import type { KubeObject } from "../meta/v1.ts";
import { encodedJson } from "../scheme/encoded.ts";
import { untypedValues, type LongDocument } from "./long-document.ts";
import { noRequestInfo } from "./request-info.ts";
import { header, type RequestState } from "./request-state.ts";
import type { Serving } from "./serving.ts";

/** Begins to tell of a request whose user is known; waits where the log has fallen behind. */
export function beginAudit({ audit }: Serving, state: RequestState): Promise<void> | void {
  if (audit === undefined) return;
  state.isJudged = true;
  const record = audit.begin(auditedRequest(state, state.user, state.info.verb === "watch"));
  if (record === undefined) return;
  state.audit = record;
  if (!audit.isFull) record.received();
  else return audit.room(state.lifetime.signal).then(() => record.received());
}

/**
 * Tells of a request that has failed. One that failed before its user was known has but one event, when it is answered;
 * a fault of the server's own has one of its own kind.
 */
export function auditFailure(serving: Serving, state: RequestState, error: unknown): void {
  const { audit, closing } = serving;
  if (audit === undefined || closing || state.info === noRequestInfo) return;
  if (!state.isJudged) {
    state.isJudged = true;
    state.audit = audit.begin({ ...auditedRequest(state, undefined, true), isRefused: true });
  } else if (!(error instanceof StatusError)) {
    state.audit?.panic(error instanceof Error ? error.message : String(error));
  }
}

/** Tells of an authorizer's answer. https://kubernetes.io/docs/reference/labels-annotations-taints/audit-annotations/ */
export function auditDecision(record: AuditRecord, state: RequestState, { allowed, reason = "" }: Decision): void {
  if (state.impersonator !== undefined) record.impersonate(state.user);
  record.annotate("authorization.k8s.io/decision", allowed ? "allow" : "forbid");
  record.annotate("authorization.k8s.io/reason", reason);
}

/** Tells of a value that is the answer. */
export function auditAnswer({ audit }: RequestState, value: object): void {
  if (audit?.wantsResponse === true) audit.answerWith(audit.jsonOf(value));
}

/** Tells of an object that is the answer, as it is. */
export function auditObject({ audit }: RequestState, object: KubeObject): void {
  if (audit?.wantsResponse !== true) return;
  // The bytes are the answer's own.
  audit.answerWith(audit.ruling.omitManagedFields ? audit.jsonOf(object) : Buffer.from(encodedJson(object)).toString());
}

/** Tells of a long document that is the answer, unless it is too long to be told. */
export function auditDocument({ audit: log }: Serving, { audit }: RequestState, document: LongDocument): void {
  if (log === undefined || audit?.wantsResponse !== true) return;
  const { fields, arrayField, elements } = document;
  const texts: string[] = [];
  let characters = 0;
  for (const element of untypedValues(elements)) {
    const text = audit.jsonOf(element);
    characters += text.length;
    if (characters > log.limits.eventCharactersMax) {
      audit.answerWith(undefined);
      return;
    }
    texts.push(text);
  }
  audit.answerWith(`${JSON.stringify(fields).slice(0, -1)},"${arrayField}":[${texts.join(",")}]}`);
}

function auditedRequest(
  state: RequestState,
  user: UserInfo | undefined,
  isLongRunning: boolean,
): Parameters<NonNullable<Serving["audit"]>["begin"]>[0] {
  const { request, auditId, info, receivedAtMs } = state;
  return {
    auditId,
    uri: request.url ?? "/",
    attributes: info,
    user,
    userAgent: request.headers["user-agent"],
    forwardedFor: header(state, "x-forwarded-for"),
    realIp: header(state, "x-real-ip"),
    peer: request.socket.remoteAddress,
    receivedAtMs,
    isLongRunning,
  };
}
