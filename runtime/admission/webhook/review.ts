import type { DeleteOptions, WriteOptions } from "../../meta/options.ts";
import type { ResourceDescriptor } from "../../scheme/descriptor.ts";
import type { Attributes } from "../admission.ts";
import type { Invocation } from "./invocation.ts";
import type { Versioned } from "./versions.ts";

/** The versions of AdmissionReview that can be sent. */
export type ReviewVersion = "v1" | "v1beta1";

/** A review as it is sent. */
interface ReviewToSend {
  readonly uid: string;
  readonly invocation: Invocation;
  readonly versioned: Versioned;
}

/** The first version of AdmissionReview that a webhook takes and that can be sent; undefined if there is none. */
export function reviewVersion(accepted: readonly string[] = []): ReviewVersion | undefined {
  for (const version of accepted) if (version === "v1" || version === "v1beta1") return version;
  return undefined;
}

/**
 * What a webhook is asked, as JSON.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#request
 */
export function reviewJson(
  version: ReviewVersion,
  { uid, invocation, versioned }: ReviewToSend,
  write: Attributes,
): string {
  const { object = null, oldObject = null } = versioned;
  const { dryRun, options, ...request } = conditionRequest(invocation, write);
  return JSON.stringify({
    kind: "AdmissionReview",
    apiVersion: `admission.k8s.io/${version}`,
    request: { uid, ...request, object, oldObject, dryRun, options },
  });
}

/** What of a write a review tells beside its objects. */
interface RequestFields {
  readonly kind: object;
  readonly resource: object;
  readonly subResource?: string;
  readonly requestKind: object;
  readonly requestResource: object;
  readonly requestSubResource?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly operation: Attributes["operation"];
  readonly userInfo: object;
  readonly dryRun: boolean;
  readonly options: object;
}

/** The part of a review that is not the objects, which match conditions see too. */
export function conditionRequest({ resource, kind }: Invocation, write: Attributes): RequestFields {
  const { subresource, name, namespace, operation, user, dryRun } = write;
  const { uid, groups, extra } = user;
  return {
    kind: kindOf(kind),
    resource: resourceOf(resource),
    ...(subresource === "" ? {} : { subResource: subresource }),
    requestKind: kindOf(write.objectKind),
    requestResource: resourceOf(write.descriptor),
    ...(subresource === "" ? {} : { requestSubResource: subresource }),
    ...(name === "" ? {} : { name }),
    ...(namespace === "" ? {} : { namespace }),
    operation,
    userInfo: {
      ...(user.name === "" ? {} : { username: user.name }),
      ...(uid === "" ? {} : { uid }),
      ...(groups.length === 0 ? {} : { groups }),
      ...(Object.keys(extra).length === 0 ? {} : { extra }),
    },
    dryRun,
    options: optionsOf(write),
  };
}

function kindOf({ gvk: { group, version, kind } }: ResourceDescriptor): object {
  return { group, version, kind };
}

function resourceOf({ gvk: { group, version }, names }: ResourceDescriptor): object {
  return { group, version, resource: names.plural };
}

const optionsKinds = { CREATE: "CreateOptions", UPDATE: "UpdateOptions", DELETE: "DeleteOptions" };

function optionsOf({ operation, options, dryRun }: Attributes): object {
  return {
    kind: optionsKinds[operation],
    apiVersion: "meta.k8s.io/v1",
    ...("gracePeriodSeconds" in options ? deletion(options) : written(options)),
    ...(dryRun ? { dryRun: ["All"] } : {}),
  };
}

function written({ requested }: WriteOptions): object {
  const { fieldManager = "", fieldValidation = "" } = requested ?? {};
  return { ...(fieldManager === "" ? {} : { fieldManager }), ...(fieldValidation === "" ? {} : { fieldValidation }) };
}

function deletion({ gracePeriodSeconds, preconditions, orphanDependents, propagationPolicy }: DeleteOptions): object {
  return {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(propagationPolicy === "" ? {} : { propagationPolicy }),
  };
}
