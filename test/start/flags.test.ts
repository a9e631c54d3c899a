import { expect, test } from "vitest";
import { bindAddressOf, parseFlags } from "../../runtime/start/flags.ts";

const parse = (...argv: string[]) => parseFlags(argv, () => undefined);

test("flags have kube-apiserver's names and defaults fit for one machine", () => {
  expect(parse()).toMatchObject({
    securePort: 9443,
    dataDir: "data",
    writeKubeconfig: "kubeconfig",
    etcdPrefix: "/registry",
    etcdCompactionInterval: 300_000,
    watchCache: true,
  });
  expect(parse("--secure-port=8443", "--bind-address", "::1", "--cert-dir", "c")).toMatchObject({
    bindAddress: "::1",
    securePort: 8443,
    certDir: "c",
  });
});

test("a server that stands alone listens on this machine's own addresses alone, one in a cluster on all", () => {
  const address = (isDelegated: boolean, ...argv: string[]) => {
    const flags = parse(...argv);
    return flags === undefined ? undefined : bindAddressOf(flags, isDelegated);
  };
  expect(address(false)).toBe("127.0.0.1");
  expect(address(false, "--bind-address=::1")).toBe("::1");
  expect(() => address(false, "--bind-address=0.0.0.0")).toThrow(
    /for this machine only, and takes 127\.0\.0\.1 or ::1/,
  );
  expect(address(true)).toBe("0.0.0.0");
  expect(address(true, "--bind-address=10.0.0.1")).toBe("10.0.0.1");
});

test("the flags of etcd are kube-apiserver's", () => {
  const servers = ["--etcd-servers=https://a:2379, https://[::1]:2379/", "--etcd-servers", "https://b:2379"];
  const tls = ["--etcd-cafile", "ca", "--etcd-certfile=crt", "--etcd-keyfile=key"];
  expect(parse(...servers, ...tls, "--etcd-compaction-interval", "1m30s", "--watch-cache=false")).toMatchObject({
    etcdServers: ["https://a:2379", "https://[::1]:2379", "https://b:2379"],
    etcdCafile: "ca",
    etcdCertfile: "crt",
    etcdKeyfile: "key",
    etcdCompactionInterval: 90_000,
    watchCache: false,
  });
  expect(parse("--watch-cache", "--etcd-compaction-interval=0")).toMatchObject({
    watchCache: true,
    etcdCompactionInterval: 0,
  });
});

test.each([
  ["/registry", "/registry"],
  ["registry/", "/registry"],
  ["a//b", "/a/b"],
])("the prefix %j is a path", (given, prefix) => {
  expect(parse("--etcd-prefix", given)?.etcdPrefix).toBe(prefix);
});

test.each([
  [["--secure-prot=1"], /unknown option '--secure-prot=1' \(Did you mean --secure-port\?\); --help lists the flags/],
  [["--secure-port=x"], /'x' is invalid\. A port is a number from 0 to 65535/],
  [["--secure-port=70000"], /A port is a number/],
  [["--bind-address=home"], /It takes an IP address/],
  [["--tls-cert-file=a.crt"], /go together; give both or neither/],
  [["--etcd-servers=127.0.0.1:2379"], /A server of etcd is a URL such as http:\/\/127\.0\.0\.1:2379/],
  [["--etcd-servers="], /A server of etcd is a URL/],
  [["--etcd-servers=https://a:1,ftp://b:1"], /A server of etcd is a URL/],
  [["--etcd-servers=https://a:1/v3"], /A server of etcd is a URL/],
  [["--etcd-servers=https://me:secret@a:1"], /A server of etcd is a URL/],
  [["--etcd-prefix=/"], /It takes a path such as \/registry/],
  [["--etcd-prefix=a/../b"], /neither \. nor \.\./],
  [["--etcd-compaction-interval=5"], /It takes a duration such as 5m/],
  [["--etcd-compaction-interval=-5m"], /It takes a duration such as 5m/],
  [["--etcd-compaction-interval=600h"], /It takes a duration such as 5m/],
  [["--watch-cache=no"], /It takes true or false/],
  [["--etcd-servers=https://a:1", "--etcd-certfile=a.crt"], /go together; give both or neither/],
  [["--etcd-cafile=ca.crt"], /--etcd-cafile is of no use without --etcd-servers/],
  [["--etcd-servers=http://a:1", "--etcd-cafile=ca.crt"], /--etcd-cafile is of no use for http:\/\/a:1; write/],
  [["serve"], /too many arguments/],
])("%j is refused in one line", (argv, message) => {
  expect(() => parse(...argv)).toThrow(message);
});

test("--help prints every flag with examples, and starts nothing", () => {
  let printed = "";
  expect(parseFlags(["--help"], (text) => (printed += text))).toBeUndefined();
  for (const flag of [
    "--secure-port",
    "--bind-address",
    "--data-dir",
    "--cert-dir",
    "--tls-cert-file",
    "--etcd-servers",
    "Examples:",
  ]) {
    expect(printed).toContain(flag);
  }
});
