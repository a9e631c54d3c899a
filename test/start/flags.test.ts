import { expect, test } from "vitest";
import { parseFlags } from "../../runtime/start/flags.ts";

const parse = (...argv: string[]) => parseFlags(argv, () => undefined);

test("flags have kube-apiserver's names and defaults fit for one machine", () => {
  expect(parse()).toEqual({
    bindAddress: "127.0.0.1",
    securePort: 9443,
    dataDir: "data",
    writeKubeconfig: "kubeconfig",
  });
  expect(parse("--secure-port=8443", "--bind-address", "::1", "--cert-dir", "c")).toMatchObject({
    bindAddress: "::1",
    securePort: 8443,
    certDir: "c",
  });
});

test.each([
  [["--secure-prot=1"], /unknown option '--secure-prot=1' \(Did you mean --secure-port\?\); --help lists the flags/],
  [["--secure-port=x"], /'x' is invalid\. A port is a number from 0 to 65535/],
  [["--secure-port=70000"], /A port is a number/],
  [["--bind-address=0.0.0.0"], /for this machine only: it takes 127\.0\.0\.1 or ::1/],
  [["--bind-address=home"], /It takes an IP address/],
  [["--tls-cert-file=a.crt"], /go together; give both or neither/],
  [["serve"], /too many arguments/],
])("%j is refused in one line", (argv, message) => {
  expect(() => parse(...argv)).toThrow(message);
});

test("--help prints every flag with examples, and starts nothing", () => {
  let printed = "";
  expect(parseFlags(["--help"], (text) => (printed += text))).toBeUndefined();
  for (const flag of ["--secure-port", "--bind-address", "--data-dir", "--cert-dir", "--tls-cert-file", "Examples:"]) {
    expect(printed).toContain(flag);
  }
});
