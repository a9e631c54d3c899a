import { checkFieldManager } from "./ssa-field-manager.ts";
import { checkUpdater } from "./ssa-updater.ts";
import { vectorSuite } from "./suite.ts";

vectorSuite("ssa", (vector) => (vector["layer"] === "smd" ? checkUpdater(vector) : checkFieldManager(vector)));
