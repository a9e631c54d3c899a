import type { Diagnosis } from "./diagnosis.ts";
import type { Facts } from "./facts.ts";

const applyAgain = "apiserver-boot run in-cluster      # applies config/rbac.yaml, among others";

/** What the server may not do in the cluster, though it cannot do without. */
export function accessDiagnoses({ apiService, workload, serviceAccountExists, rights }: Facts): Diagnosis[] {
  if (apiService?.service === undefined || workload === undefined) return [];
  const { namespace } = apiService.service;
  const account = `${namespace}/${workload.serviceAccount}`;
  if (!serviceAccountExists) {
    const problem = `the ServiceAccount ${account}, whom the server's pods run as, does not exist`;
    return [{ code: "service-account-missing", problem, mend: applyAgain }];
  }
  return rights
    .filter(({ allowed }) => allowed === false)
    .map(({ what, role }) => ({
      code: "rbac",
      problem: `the ServiceAccount ${account} may not ${what}: it lacks ${role}`,
      mend: applyAgain,
    }));
}
