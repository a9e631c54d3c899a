import { createHmac, randomBytes } from "node:crypto";
import { ClusterError, type ClusterClient } from "../cluster/client.ts";
import { fieldsOf } from "../cluster/cluster-error.ts";
import { missingRight } from "../cluster/missing-right.ts";
import type { UserInfo } from "../meta/user-info.ts";
import type { Authenticator } from "./authenticator.ts";
import { ExpiringMap } from "./expiring-map.ts";
import { defaultReviewLimits, Reviews, type ReviewLimits } from "./reviews.ts";
import { SharedAnswer } from "./shared-answer.ts";

/** How long answers hold, and what asking may cost. */
export interface TokenReviewOptions {
  /** In milliseconds; 0 has every token asked for. */
  readonly ttlMs: number;
  /** Whom a token must be meant for; if unset, whomever the kube-apiserver takes it to be for. */
  readonly audiences?: readonly string[];
  readonly limits?: Partial<ReviewLimits>;
  /** Called with a line when tokens cannot be reviewed, and when they can again. */
  readonly tell: (line: string) => void;
  /** Milliseconds of a clock that never goes back; `performance.now` if unset. */
  readonly now?: () => number;
}

/** Tokens that are remembered, of those that are good; bad ones, which anybody can make up, have room of their own. */
const goodTokensMax = 16_384;
const badTokensMax = 4_096;
/** All attempts at one token together. */
const reviewTimeoutMs = 10_000;

const reviewsPath = "/apis/authentication.k8s.io/v1/tokenreviews";
const invalid = new Error("invalid bearer token");

/**
 * Recognises users by a bearer token, about which it asks the kube-apiserver; what it said is remembered for a while, and
 * equal tokens at the same time are one review. Throws for a token that is no good, or that cannot be reviewed; such
 * failures are not remembered. https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication
 */
export function tokenReviewAuthenticator(client: ClusterClient, options: TokenReviewOptions): Authenticator {
  const { ttlMs, audiences = [], tell } = options;
  const now = options.now ?? (() => performance.now());
  const reviews = new Reviews(client, { ...defaultReviewLimits, ...options.limits });
  const good = new ExpiringMap<UserInfo>(ttlMs, goodTokensMax);
  const bad = new ExpiringMap<true>(ttlMs, badTokensMax);
  const asked = new Map<string, SharedAnswer<UserInfo>>();
  const nameOf = tokenNames();
  const report = troubleTeller(tell);

  const review = async (name: string, token: string, called: AbortSignal): Promise<UserInfo> => {
    const signal = AbortSignal.any([called, AbortSignal.timeout(reviewTimeoutMs)]);
    try {
      const answer = await reviews.create(reviewsPath, tokenReview(token, audiences), signal);
      report(undefined);
      const user = userIn(answer, audiences);
      if (user === undefined) bad.set(name, true, now());
      else good.set(name, user, now());
      if (user === undefined) throw invalid;
      return user;
    } catch (error) {
      if (error !== invalid && !called.aborted) report(error);
      throw error;
    }
  };
  const ask = (name: string, token: string): SharedAnswer<UserInfo> => {
    const answer = new SharedAnswer((signal) =>
      review(name, token, signal).finally(() => {
        if (asked.get(name) === answer) asked.delete(name);
      }),
    );
    asked.set(name, answer);
    return answer;
  };
  return ({ bearerToken: token }, waiting) => {
    if (token === undefined) return undefined;
    const name = nameOf(token);
    const known = good.get(name, now());
    if (known !== undefined) return known;
    if (bad.get(name, now()) !== undefined) throw invalid;
    const underWay = asked.get(name);
    const answer = underWay === undefined || underWay.isAbandoned ? ask(name, token) : underWay;
    return answer.wait(waiting.signal);
  };
}

/** Tokens are remembered under names that tell nothing of them, and that nobody can foresee. */
function tokenNames(): (token: string) => string {
  const key = randomBytes(32);
  return (token) => createHmac("sha256", key).update(token).digest("base64");
}

function tokenReview(token: string, audiences: readonly string[]): object {
  return {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenReview",
    metadata: {},
    spec: { token, ...(audiences.length === 0 ? {} : { audiences }) },
  };
}

/**
 * The user of an answered review; undefined for a token that is no good. Throws where it tells of an error.
 * https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/#TokenReviewStatus
 */
function userIn(answer: unknown, audiences: readonly string[]): UserInfo | undefined {
  const status = fieldsOf(fieldsOf(answer)["status"]);
  if (status["authenticated"] !== true) {
    const { error } = status;
    if (typeof error === "string" && error !== "") throw new TokenError(error);
    return undefined;
  }
  // Where none is told the token is good for the kube-apiserver, which is not to say for this server.
  const told = stringsOf(status["audiences"]);
  if (audiences.length > 0 && !audiences.some((audience) => told.includes(audience))) return undefined;
  const { username, uid, groups, extra } = fieldsOf(status["user"]);
  if (typeof username !== "string" || username === "") throw new Error("the token review named no user");
  return Object.freeze({
    name: username,
    uid: typeof uid === "string" ? uid : "",
    groups: Object.freeze(stringsOf(groups)),
    extra: Object.freeze(
      Object.fromEntries(Object.entries(fieldsOf(extra)).map(([key, values]) => [key, stringsOf(values)])),
    ),
  });
}

/** What the kube-apiserver has against a token, which is no trouble with asking it. */
class TokenError extends Error {}

function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function troubleTeller(tell: (line: string) => void): (failure: unknown) => void {
  let told: string | undefined;
  return (failure) => {
    if (failure instanceof TokenError) return;
    const trouble = failure === undefined ? undefined : `cannot review tokens: ${whyNot(failure)}`;
    if (trouble !== told) tell(trouble ?? "tokens can be reviewed again");
    told = trouble;
  };
}

function whyNot(failure: unknown): string {
  if (failure instanceof ClusterError) return missingRight(failure) ?? failure.message;
  return failure instanceof Error ? failure.message : String(failure);
}
