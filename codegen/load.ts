import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Project, ts, type SourceFile } from "ts-morph";

/** The APIs of a project as the compiler sees them. */
export interface Sources {
  /** The project's folder, absolute; places of diagnostics are relative to it. */
  readonly root: string;
  /** The files below `apis/` with types and package tags, by path. */
  readonly files: readonly SourceFile[];
  /** Every TypeScript file below `apis/` by absolute path, also those that only the server loads. */
  readonly texts: ReadonlyMap<string, string>;
  readonly program: ts.Program;
  /** The file of `apiserver-ts/meta/v1`; undefined where no API imports it. */
  readonly metaFile: string | undefined;
}

/** Behaviour beside the types: its modules import the server, so they are never compiled here. */
const companion = /_(strategy|conversion|validation)\.ts$|\.test\.ts$/;

/** Reads `apis/` of the project in the folder `root`, by its tsconfig.json. */
export function loadSources(root: string): Sources {
  const texts = readApis(root);
  return sourcesBelow(openProject(join(root, "tsconfig.json"), texts), root, texts);
}

/** A project of these files, given with their texts; they need not exist on disk. */
export function openProject(tsConfigFilePath: string, texts: ReadonlyMap<string, string>): Project {
  const project = new Project({
    tsConfigFilePath,
    skipAddingFilesFromTsConfig: true,
    skipFileDependencyResolution: true,
    // API types need no ambient declarations, and those of Node take most of the time.
    compilerOptions: { types: [], noEmit: true },
  });
  for (const [path, text] of texts) {
    if (!companion.test(path)) project.createSourceFile(path, text, { overwrite: true });
  }
  return project;
}

/** The part of an open project below one folder. */
export function sourcesBelow(project: Project, root: string, texts: ReadonlyMap<string, string>): Sources {
  const apis = join(root, "apis/");
  const files = project
    .getSourceFiles()
    .filter((file) => file.getFilePath().startsWith(apis) && texts.has(file.getFilePath()))
    .toSorted((a, b) => (a.getFilePath() < b.getFilePath() ? -1 : 1));
  const below = [...texts].filter(([path]) => path.startsWith(apis));
  const first = files[0];
  const options = project.getCompilerOptions();
  const metaFile =
    first === undefined
      ? undefined
      : ts.resolveModuleName(
          "apiserver-ts/meta/v1",
          first.getFilePath(),
          options,
          ts.sys,
          undefined,
          undefined,
          ts.ModuleKind.ESNext,
        ).resolvedModule?.resolvedFileName;
  return { root, files, texts: new Map(below), program: project.getProgram().compilerObject, metaFile };
}

/** Whether a file holds kinds, by its name. */
export function isTypesFile(path: string): boolean {
  return basename(path).endsWith("_types.ts");
}

/** The folder of a group version below `apis/`, such as `animal/v1alpha1`. */
export function folderOf(root: string, path: string): string {
  return dirname(path).slice(join(root, "apis/").length);
}

function readApis(root: string): Map<string, string> {
  const folder = join(root, "apis");
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  return new Map(names.toSorted().map((name) => [join(folder, name), readFileSync(join(folder, name), "utf8")]));
}
