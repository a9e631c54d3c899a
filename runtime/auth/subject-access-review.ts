import type { ClusterClient } from "../cluster/client.ts";
import { fieldsOf } from "../cluster/cluster-error.ts";
import type { UserInfo } from "../meta/user-info.ts";
import { allow, undecided, type AuthorizationAttributes, type Authorizer, type Decision } from "./authorizer.ts";
import { DecisionCache } from "./decision-cache.ts";
import { KnownUsers } from "./known-users.ts";
import { chosenLength, questionKey } from "./question-key.ts";
import { reviewSpec } from "./review-spec.ts";
import { defaultReviewLimits, Reviews, type ReviewLimits } from "./reviews.ts";
import { SharedAnswer } from "./shared-answer.ts";

/** How long decisions hold, in milliseconds, and what asking may cost. */
export interface SubjectAccessReviewOptions {
  /** 10 s if unset; 0 has every question asked. */
  readonly allowedTtlMs?: number;
  /** Likewise. */
  readonly refusedTtlMs?: number;
  readonly limits?: Partial<ReviewLimits>;
  /** Milliseconds of a clock that never goes back; `performance.now` if unset. */
  readonly now?: () => number;
}

/** As long as the Go server: short for those who wait for a right, long enough for storms. */
export const defaultDecisionTtlMs = 10_000;

/** Decisions that are remembered, and the characters of their questions together. */
const rememberedMax = 8_192;
const rememberedCharactersMax = 16 * 1024 * 1024;
/** Questions of which clients have chosen more are not remembered, lest they crowd out the others. */
const chosenLengthMax = 10_000;

const reviewsPath = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

/**
 * Asks the kube-apiserver whether a user may do something, and remembers what it said for a while. What has been
 * remembered is answered at once, without a promise; equal questions at the same time are one review.
 * https://kubernetes.io/docs/reference/access-authn-authz/webhook/
 */
export function subjectAccessReviewAuthorizer(
  client: ClusterClient,
  options: SubjectAccessReviewOptions = {},
): Authorizer {
  const { allowedTtlMs = defaultDecisionTtlMs, refusedTtlMs = defaultDecisionTtlMs } = options;
  const now = options.now ?? (() => performance.now());
  const reviews = new Reviews(client, { ...defaultReviewLimits, ...options.limits });
  const remembered = new DecisionCache(rememberedMax, rememberedCharactersMax);
  const users = new KnownUsers();
  const asked = new Map<string, SharedAnswer<Decision>>();

  const review = async (key: string, question: Question, signal: AbortSignal): Promise<Decision> => {
    const decision = await decide(reviews, question, signal);
    const ttlMs = decision.allowed ? allowedTtlMs : refusedTtlMs;
    if (chosenLength(question.attributes) < chosenLengthMax) remembered.add(key, decision, now(), ttlMs);
    return decision;
  };
  const ask = (key: string, question: Question): SharedAnswer<Decision> => {
    const answer = new SharedAnswer((signal) =>
      review(key, question, signal).finally(() => {
        if (asked.get(key) === answer) asked.delete(key);
      }),
    );
    asked.set(key, answer);
    return answer;
  };
  return (user, attributes, waiting) => {
    const key = questionKey(users.id(user), attributes);
    const known = remembered.get(key, now());
    if (known !== undefined) return known;
    const underWay = asked.get(key);
    const answer = underWay === undefined || underWay.isAbandoned ? ask(key, { user, attributes }) : underWay;
    return answer.wait(waiting.signal);
  };
}

interface Question {
  readonly user: UserInfo;
  readonly attributes: AuthorizationAttributes;
}

async function decide(reviews: Reviews, { user, attributes }: Question, signal: AbortSignal): Promise<Decision> {
  const body = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    metadata: {},
    spec: reviewSpec(user, attributes),
  };
  try {
    return decisionOf(await reviews.create(reviewsPath, body, signal));
  } catch (error) {
    signal.throwIfAborted();
    throw undecided(attributes, error);
  }
}

/** The decision that an answered review tells. https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/subject-access-review-v1/#SubjectAccessReviewStatus */
function decisionOf(answer: unknown): Decision {
  const told = fieldsOf(answer)["status"];
  if (typeof told !== "object" || told === null) throw new Error("subject access review returned no status");
  const status = fieldsOf(told);
  const allowed = status["allowed"] === true;
  const reason = typeof status["reason"] === "string" ? status["reason"] : "";
  if (allowed && status["denied"] === true) {
    throw new Error("subject access review returned both allow and deny response");
  }
  if (!allowed) return Object.freeze({ allowed, reason });
  return reason === "" ? allow : Object.freeze({ allowed, reason });
}
