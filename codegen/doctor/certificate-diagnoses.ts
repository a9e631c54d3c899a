import type { X509Certificate } from "node:crypto";
import { certificatesIn, hasSigned } from "../deploy/overlap.ts";
import type { Diagnosis } from "./diagnosis.ts";
import type { Facts } from "./facts.ts";

const rotate = "apiserver-boot run in-cluster --rotate      # a new authority and certificate, without a break";
const applyAgain = "apiserver-boot run in-cluster      # applies the Secret and the APIService that belong together";
const warnMs = 14 * 24 * 3600 * 1000;

/** What is wrong between the certificate that a server shows and the authorities that its APIService trusts. */
export function certificateDiagnoses(facts: Facts): Diagnosis[] {
  const { apiService, secret, workload } = facts;
  if (apiService?.service === undefined) return [];
  if (workload?.secretName !== undefined && secret?.certificate === undefined) {
    const problem = `the Secret ${apiService.service.namespace}/${workload.secretName} with the serving certificate ${secret === undefined ? "does not exist" : "has no tls.crt"}`;
    return [{ code: "secret-missing", problem, mend: applyAgain }];
  }
  const [shown, ...chain] = certificatesIn(secret?.certificate ?? "");
  if (secret?.certificate !== undefined && shown === undefined) {
    const problem = `the Secret ${secret.name} has a tls.crt that is no certificate`;
    return [{ code: "certificate-unreadable", problem, mend: rotate }];
  }
  return [
    ...(shown === undefined ? [] : ownDiagnoses(facts, shown)),
    ...(apiService.skipsVerification ? [] : trustDiagnoses(facts, shown, chain)),
  ];
}

function ownDiagnoses({ now, apiService }: Facts, shown: X509Certificate): Diagnosis[] {
  const { namespace = "", name = "" } = apiService?.service ?? {};
  const host = `${name}.${namespace}.svc`;
  return [
    ...validity("the serving certificate", shown, now),
    ...(shown.checkHost(host) === undefined ? [wrongName(host, shown)] : []),
  ];
}

function wrongName(host: string, { subjectAltName = "" }: X509Certificate): Diagnosis {
  const problem = `the serving certificate is for ${subjectAltName || "no name"}, and not for ${host}`;
  return { code: "certificate-name", problem, mend: applyAgain };
}

function validity(what: string, { validFrom, validTo }: X509Certificate, now: Date): Diagnosis[] {
  if (new Date(validFrom) > now) {
    const problem = `${what} is not valid before ${iso(validFrom)}: it is new, and a clock lags, or its maker's goes ahead`;
    return [{ code: "certificate-not-yet-valid", problem, mend: rotate }];
  }
  if (new Date(validTo) < now) {
    return [{ code: "certificate-expired", problem: `${what} expired at ${iso(validTo)}`, mend: rotate }];
  }
  if (new Date(validTo).getTime() - now.getTime() > warnMs) return [];
  const problem = `${what} expires soon, at ${iso(validTo)}`;
  return [{ code: "certificate-expires-soon", problem, mend: rotate }];
}

function iso(time: string): string {
  return new Date(time).toISOString();
}

function trustDiagnoses(
  { now, apiService }: Facts,
  shown: X509Certificate | undefined,
  chain: readonly X509Certificate[],
): Diagnosis[] {
  const { caBundle = "" } = apiService ?? {};
  if (caBundle === "") {
    const problem =
      "the APIService has no caBundle, so that kube-apiserver trusts the authorities of its machine alone";
    return [{ code: "ca-bundle-missing", problem, mend: applyAgain }];
  }
  const authorities = certificatesIn(caBundle);
  if (shown === undefined) return [];
  const signers = authorities.filter((authority) => [shown, ...chain].some((each) => hasSigned(authority, each)));
  const [first] = signers;
  if (first === undefined) {
    const problem = "the APIService's caBundle has no authority that signed the serving certificate";
    return [{ code: "ca-bundle-mismatch", problem, mend: applyAgain }];
  }
  const valid = signers.some((each) => new Date(each.validTo) > now && new Date(each.validFrom) <= now);
  return valid ? [] : validity("the authority of the serving certificate", first, now);
}
