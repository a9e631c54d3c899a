import { runServer } from "apiserver-ts";
import { scheme } from "./generated/index.ts";

await runServer({ scheme });
