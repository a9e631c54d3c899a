// Runs in the network of a pod, which has no way out, and leads in and out through sockets of the file system:
// what comes to `pod.sock` goes to the port that the pod listens on, and what the pod asks of its cluster to `cluster.sock`.
import net from "node:net";

const [folder, podPort, clusterPort] = process.argv.slice(2);

function lead(listening, target) {
  const server = net.createServer((from) => {
    const to = net.connect(target);
    from.on("error", () => to.destroy()).once("close", () => to.destroy());
    to.on("error", () => from.destroy()).once("close", () => from.destroy());
    from.pipe(to);
    to.pipe(from);
  });
  server.listen(listening);
}

lead({ path: `${folder}/pod.sock` }, { host: "127.0.0.1", port: Number(podPort) });
lead({ host: "127.0.0.1", port: Number(clusterPort) }, { path: `${folder}/cluster.sock` });

// The pod's own process has started this one; nobody else would end it.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(0);
}, 200);
