import { existsSync } from "node:fs";
import { join } from "node:path";
import { controllerFiles, newController } from "./controller-files.ts";
import { addControllerSettings, clientPackage } from "./controller-settings.ts";
import { ownExample } from "./example.ts";
import { installPackages } from "./install.ts";
import type { NewKind } from "./kind-files.ts";
import { addToManager } from "./manager-file.ts";
import { describePlaced, placeFiles } from "./project-file.ts";

/** What of the options of `create` a controller's making depends on. */
interface MakingOptions {
  readonly dryRun?: boolean;
  readonly install?: boolean;
}

/** Makes the controller of a kind, and has the project's manager run it; what is there already stays as it is. */
export async function makeController(
  root: string,
  kind: NewKind,
  { dryRun = false, install = false }: MakingOptions,
  tell: (line: string) => void,
): Promise<void> {
  const controller = newController(root, kind);
  const placed = await placeFiles(root, controllerFiles(root, controller), dryRun);
  const lines = [
    ...describePlaced(placed, dryRun),
    ...(await addToManager(root, controller, dryRun)),
    ...(await addControllerSettings(root, ownExample(), dryRun)),
  ];
  for (const line of lines) tell(line);
  if (dryRun) return;
  const modules = join(root, "node_modules");
  if (install && existsSync(modules) && !existsSync(join(modules, clientPackage))) await installPackages(root, tell);
  tell("Controllers run beside a server: npm run start:controllers, or both at once: apiserver-boot run local");
}
