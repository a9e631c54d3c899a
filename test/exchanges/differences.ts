/** A deliberate difference between our answers and the recorded ones, in the cases it shows in. */
export type Difference = {
  readonly cases: readonly string[];
  readonly why: string;
} & (
  | {
      /** A text is another one. */
      readonly kind: "text";
      /** Where it stands in the answer. */
      readonly at: readonly string[];
      readonly recorded: string;
      readonly ours: string;
    }
  | {
      /** Of the lines of a text, or the items of a list, some are there only and some here only. */
      readonly kind: "items";
      readonly at: readonly string[];
      readonly recordedOnly: readonly string[];
      readonly oursOnly: readonly string[];
    }
  | {
      /** What the pattern's first group matches, anywhere in the answer, depends on words that are the server's own. */
      readonly kind: "derived";
      readonly pattern: RegExp;
    }
  | {
      /** The answer is another one altogether. */
      readonly kind: "answer";
      readonly recordedStatus: number;
      readonly ourStatus: number;
    }
);

const goChecks = [
  "log",
  "loopback-serving-certificate",
  "poststarthook/max-in-flight-filter",
  "poststarthook/storage-object-count-tracker-hook",
  "poststarthook/start-sample-server-informers",
];
const goReadyChecks = [...goChecks.filter((name) => name !== "loopback-serving-certificate"), "etcd-readiness"];

function verbose(checks: readonly string[]): string[] {
  return checks.map((name) => `[+]${name} ok`);
}

const message = ["body", "message"];
const cause = ["body", "details", "causes", "0", "message"];

function schemeName(at: readonly string[], recorded: string, ...cases: readonly string[]): Difference {
  const why = "Go names its registry of kinds after the source line that makes it";
  return { kind: "text", cases, at, recorded: `in scheme "${recorded}"`, ours: `in scheme "apiserver-ts"`, why };
}

const apiserverScheme = "k8s.io/sample-apiserver/pkg/apiserver/apiserver.go:36";
const metaScheme = "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27";

/** All that there are. Each has to show: one that does not any more fails the test. */
export const differences: readonly Difference[] = [
  {
    kind: "items",
    cases: ["disc-root", "disc-api"],
    at: ["body", "paths"],
    recordedOnly: [
      ...["healthz", "livez"].flatMap((endpoint) => goChecks.map((name) => `/${endpoint}/${name}`)),
      ...goReadyChecks.map((name) => `/readyz/${name}`),
      "/livez/etcd",
      "/metrics/slis",
      "/statusz",
    ],
    oursOnly: [],
    why: "the health checks are those of the Go server's parts, and only some metrics are served",
  },
  {
    kind: "items",
    cases: ["health-healthz-verbose"],
    at: ["bodyText"],
    recordedOnly: verbose(goChecks),
    oursOnly: [],
    why: "the health checks are those of the Go server's parts",
  },
  {
    kind: "items",
    cases: ["health-livez-verbose"],
    at: ["bodyText"],
    recordedOnly: verbose([...goChecks, "etcd"]),
    oursOnly: [],
    why: "to start a server anew does not mend its storage",
  },
  {
    kind: "items",
    cases: ["health-readyz-verbose"],
    at: ["bodyText"],
    recordedOnly: verbose(goReadyChecks),
    oursOnly: [],
    why: "the health checks are those of the Go server's parts",
  },
  {
    kind: "derived",
    cases: ["oa-v2"],
    pattern: /"(?:#\/parameters\/)?\w+-([\w-]{8})"/g,
    why: "the name of a shared parameter ends with a hash of all that is said of it, its description included",
  },
  {
    kind: "answer",
    cases: ["get-proto-json"],
    recordedStatus: 406,
    ourStatus: 200,
    why: "a client that takes JSON too gets it, where Go finds too late that authors' kinds have no protobuf",
  },
  schemeName(message, apiserverScheme, "create-unknown-kind", "create-wrong-version"),
  schemeName(message, metaScheme, "del-wrong-kind"),
  schemeName(message, apiserverScheme, "merge-version"),
  schemeName(cause, apiserverScheme, "merge-version"),
];
