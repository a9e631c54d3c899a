import { runManager } from "apiserver-ts/controller";
import { collars } from "./collars.ts";

await runManager({ name: "cat-manager", controllers: [collars] });
