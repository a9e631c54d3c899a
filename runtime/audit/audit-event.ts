import type { UserInfo } from "../meta/user-info.ts";
import type { Status } from "../meta/v1.ts";
import type { AuditLevel, AuditStage } from "./policy.ts";

/** What a request is about; what does not apply is empty. */
export interface AuditedObject {
  resource: string;
  namespace: string;
  name: string;
  uid: string;
  apiGroup: string;
  apiVersion: string;
  resourceVersion: string;
  subresource: string;
}

/** All that is told of a request, and of the stage that it has come to. */
export interface AuditEvent {
  readonly level: AuditLevel;
  readonly auditId: string;
  readonly stage: AuditStage;
  readonly requestUri: string;
  readonly verb: string;
  /** Undefined where nobody was recognised. */
  readonly user: UserInfo | undefined;
  readonly impersonatedUser: UserInfo | undefined;
  readonly sourceIps: readonly string[];
  readonly userAgent: string;
  readonly object: AuditedObject | undefined;
  readonly status: AuditedStatus | undefined;
  /** JSON of one line, as is the response object. */
  readonly requestObject: string | undefined;
  readonly responseObject: string | undefined;
  readonly receivedAtMs: number;
  readonly stageAtMs: number;
  readonly annotations: ReadonlyMap<string, string>;
}

/** What is told of an answer, whatever it was. */
export type AuditedStatus = Pick<Status, "status" | "message" | "reason" | "details" | "code">;

/** An annotation of events that had to go without their objects. */
const truncated = "audit.k8s.io/truncated";

/**
 * An event as a line of JSON with its line end; without the objects if it would have more than so many characters.
 * https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/#audit-k8s-io-v1-Event
 */
export function eventLine(event: AuditEvent, charactersMax: number): string {
  const head = headOf(event);
  const objects = objectsOf(event);
  if (head.length + objects.length <= charactersMax) return `${head}${objects}${tailOf(event, event.annotations)}\n`;
  return `${head}${tailOf(event, new Map(event.annotations).set(truncated, "true"))}\n`;
}

// Put together by hand: this is done twice for each request, and an object to be encoded would cost three times as much.
function headOf(event: AuditEvent): string {
  const { impersonatedUser, sourceIps, userAgent, object, status } = event;
  let head = `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"${event.level}"`;
  head += `,"auditID":${JSON.stringify(event.auditId)},"stage":"${event.stage}"`;
  head += `,"requestURI":${JSON.stringify(event.requestUri)},"verb":${JSON.stringify(event.verb)}`;
  head += `,"user":${userJson(event.user)}`;
  if (impersonatedUser !== undefined) head += `,"impersonatedUser":${userJson(impersonatedUser)}`;
  if (sourceIps.length > 0) head += `,"sourceIPs":${JSON.stringify(sourceIps)}`;
  if (userAgent !== "") head += `,"userAgent":${JSON.stringify(userAgent)}`;
  if (object !== undefined) head += `,"objectRef":${objectJson(object)}`;
  if (status !== undefined) head += `,"responseStatus":${statusJson(status)}`;
  return head;
}

function objectsOf({ requestObject, responseObject }: AuditEvent): string {
  const request = requestObject === undefined ? "" : `,"requestObject":${requestObject}`;
  return responseObject === undefined ? request : `${request},"responseObject":${responseObject}`;
}

function tailOf({ receivedAtMs, stageAtMs }: AuditEvent, annotations: ReadonlyMap<string, string>): string {
  const times = `,"requestReceivedTimestamp":"${microTime(receivedAtMs)}","stageTimestamp":"${microTime(stageAtMs)}"`;
  if (annotations.size === 0) return `${times}}`;
  return `${times},"annotations":${JSON.stringify(Object.fromEntries(annotations))}}`;
}

/** Users that authenticators remember are the same object from request to request. */
const userTexts = new WeakMap<UserInfo, string>();

function userJson(user: UserInfo | undefined): string {
  if (user === undefined) return "{}";
  const known = userTexts.get(user);
  if (known !== undefined) return known;
  const { name, uid, groups, extra } = user;
  const text = JSON.stringify({
    ...(name === "" ? {} : { username: name }),
    ...(uid === "" ? {} : { uid }),
    ...(groups.length === 0 ? {} : { groups }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  });
  userTexts.set(user, text);
  return text;
}

function objectJson(object: AuditedObject): string {
  let text = "";
  for (const name of objectFields) {
    const value = object[name];
    if (value !== "") text += `${text === "" ? "" : ","}"${name}":${JSON.stringify(value)}`;
  }
  return `{${text}}`;
}

const objectFields = [
  "resource",
  "namespace",
  "name",
  "uid",
  "apiGroup",
  "apiVersion",
  "resourceVersion",
  "subresource",
] as const;

function statusJson({ status, message, reason, details, code }: AuditedStatus): string {
  if (status === undefined && details === undefined) return `{"metadata":{},"code":${code ?? 0}}`;
  return JSON.stringify({
    metadata: {},
    status,
    ...(message === "" ? {} : { message }),
    ...(reason === "" ? {} : { reason }),
    details,
    code,
  });
}

/** A MicroTime; the clock tells milliseconds. */
function microTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000Z`;
}
