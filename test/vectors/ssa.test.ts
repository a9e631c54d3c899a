import { checkUpdater } from "./ssa-updater.ts";
import { vectorSuite } from "./suite.ts";

vectorSuite("ssa", (vector) => {
  if (vector["layer"] === "smd") checkUpdater(vector);
  else throw new Error("field manager layer");
});
