import { setTimeout } from "node:timers/promises";
import { test } from "vitest";
import { tellImpossible } from "../etcd/impossible-tests.ts";
import { expectSound, inFolder, killOften, kills, patienceMs } from "../linearizability/expect-sound.ts";
import { serverProcess } from "../linearizability/server-process.ts";
import { smallDisk } from "../linearizability/small-disk.ts";

test(
  "on LMDB, a server that is killed again and again loses and repeats nothing",
  () =>
    inFolder(async (folder) => {
      const server = await serverProcess(folder, []);
      await expectSound(`LMDB, ${kills} kills`, server, (trial) => killOften(server, trial));
    }),
  patienceMs,
);

test(
  "on LMDB, a disk that is full again and again loses and repeats nothing, and writes go on once there is room",
  async () => {
    const disk = await smallDisk(48);
    if (disk === undefined) return tellImpossible("this user may not mount file systems: no disk is filled up");
    try {
      const server = await serverProcess(disk.folder, []);
      let refused = 0;
      await expectSound("LMDB, a full disk", server, async ({ refusedWrites }) => {
        for (let time = 0; time < 5; time++) {
          await setTimeout(1_000);
          disk.fill();
          const before = refusedWrites();
          while (refusedWrites() < before + 20) await setTimeout(50);
          disk.clear();
          refused += refusedWrites() - before;
        }
      });
      console.log(`LMDB, a full disk: ${refused} writes were answered 5xx`);
    } finally {
      await disk.remove();
    }
  },
  patienceMs,
);
