import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { ts } from "ts-morph";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Each layer of the runtime, lowest first, and the layers that it may import. */
const layers: Record<string, readonly string[]> = {
  meta: [],
  scheme: ["meta"],
  storage: ["meta"],
  apply: ["meta", "scheme"],
  registry: ["meta", "scheme", "storage"],
  cluster: ["meta"],
  controller: ["meta"],
  admission: ["meta", "scheme", "cluster"],
  auth: ["meta", "scheme", "cluster"],
  audit: ["meta"],
  rest: ["meta", "scheme", "apply", "registry", "admission"],
  http: ["meta", "scheme", "registry", "admission", "auth", "audit", "rest"],
};

/** Packages that only these places may import. */
const onlyIn: Record<string, RegExp> = {
  fastify: /^runtime\/http\//,
  lmdb: /^runtime\/storage\//,
  "@peculiar/x509": /^runtime\/start\//,
  commander: /^(runtime\/(start|controller)|codegen)\//,
  "prom-client": /^runtime\/(http|controller)\//,
  "@kubernetes/client-node": /^runtime\/controller\//,
  "rotating-file-stream": /^runtime\/audit\//,
  "@marcbachmann/cel-js": /^runtime\/admission\//,
  "ts-morph": /^codegen\/(parse\/|load\.ts)/,
  "typescript-json-schema": /^codegen\/(parse\/|load\.ts)/,
  prettier: /^codegen\//,
};

interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Files of the project that it imports, type imports included. */
  readonly imports: readonly string[];
  readonly packages: readonly string[];
}

const files = ["runtime", "codegen", "generated", "apis", "test"].flatMap(sourcesBelow).concat(read("main.ts"));
const program = files.filter(({ path }) => /^(runtime|codegen)\//.test(path));

function sourcesBelow(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !/golden|errors\/|fixtures\//.test(name))
    .map((name) => read(join(folder, name)));
}

function read(path: string): SourceFile {
  const text = readFileSync(join(root, path), "utf8");
  const names = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  return {
    path,
    text,
    imports: names.filter((name) => name.startsWith(".")).map((name) => normalize(join(dirname(path), name))),
    packages: names.filter((name) => !name.startsWith(".") && !name.startsWith("node:")),
  };
}

function layerOf(path: string): string | undefined {
  return /^runtime\/([a-z]+)\//.exec(path)?.[1];
}

test("layers of the runtime import only layers below them", () => {
  const wrong = files.flatMap(({ path, imports }) => {
    const allowed = layers[layerOf(path) ?? ""];
    if (allowed === undefined) return [];
    return imports
      .filter((target) => layerOf(target) !== layerOf(path) && !allowed.includes(layerOf(target) ?? target))
      .map((target) => `${path} imports ${target}`);
  });
  expect(wrong).toEqual([]);
});

/** What the command has of the runtime, which each of its parts loads when it is asked for. */
const loadedWhenAsked: ReadonlySet<string> = new Set([
  "runtime/start/storage-command.ts",
  "runtime/start/issue-certificates.ts",
]);

test("the generator and the runtime share nothing but text, and what the command loads when it is asked", () => {
  const isLoadedWhenAsked = (text: string, target: string): boolean =>
    loadedWhenAsked.has(target) && new RegExp(`await import\\("[./]+${target}"\\)`).test(text);
  const wrong = files.flatMap(({ path, text, imports, packages }) => {
    const inRuntime = path.startsWith("runtime/");
    const inCodegen = path.startsWith("codegen/");
    if (!inRuntime && !inCodegen) return [];
    const foreign = inRuntime ? /^(codegen|generated|apis|test)\// : /^(runtime|generated|apis|test)\//;
    return [
      ...imports.filter((target) => foreign.test(target) && !isLoadedWhenAsked(text, target)),
      ...packages.filter((name) => name.startsWith("apiserver-ts")),
    ].map((target) => `${path} imports ${target}`);
  });
  expect(wrong).toEqual([]);
});

test("generated code imports nothing of the project but the package's seams and the authors' files", () => {
  const wrong = files
    .filter(({ path }) => path.startsWith("generated/"))
    .flatMap(({ path, imports, packages }) => [
      ...imports.filter((target) => !/^(generated|apis)\//.test(target)).map((target) => `${path} imports ${target}`),
      ...packages
        .filter((name) => name !== "apiserver-ts/abi" && name !== "apiserver-ts/meta/v1")
        .map((name) => `${path} imports ${name}`),
    ]);
  expect(wrong).toEqual([]);
});

test("packages stay in the places that are theirs", () => {
  const wrong = program.flatMap(({ path, packages }) =>
    packages.filter((name) => onlyIn[name]?.test(path) === false).map((name) => `${path} imports ${name}`),
  );
  expect(wrong).toEqual([]);
});

test("imports have no cycles, type imports included", () => {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
    if (done.has(path) || trail.includes(path)) return;
    for (const target of byPath.get(path)?.imports ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
  expect(cycles).toEqual([]);
});

test("no source file is longer than 500 lines", () => {
  const long = files
    .filter(({ path }) => !path.startsWith("generated/"))
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > 500);
  expect(long).toEqual([]);
});

test("no function is longer than 70 lines", () => {
  const long: string[] = [];
  for (const { path, text } of program) {
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      if (ts.isFunctionLike(node)) {
        const lines = node.getText(source).split("\n").length;
        if (lines > 70) long.push(`${path}: ${node.name?.getText(source) ?? "a function"} has ${lines} lines`);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  expect(long).toEqual([]);
});

test("no state is kept at module level, and the environment is read at the edge alone", () => {
  const wrong = program.flatMap(({ path, text }) => [
    ...(/^(export )?(let|var) /m.test(text) ? [`${path} has a variable at module level`] : []),
    ...(/process\.env/.test(text) && !/^(runtime\/start\/|codegen\/(main|.*-command)\.ts)/.test(path)
      ? [`${path} reads the environment`]
      : []),
  ]);
  expect(wrong).toEqual([]);
});

/** What users import: their exports need no user in the project. */
const entryPoints = new Set([
  "runtime/index.ts",
  "runtime/abi.ts",
  "runtime/meta/v1.ts",
  "runtime/controller/index.ts",
  "runtime/testing/index.ts",
]);

test("every export has a user", () => {
  const used = new Set<string>();
  const declared: { path: string; name: string }[] = [];
  for (const { path, text } of files) {
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    for (const [, lazy = ""] of text.matchAll(/import\("(\.[^"]+)"\)/g))
      used.add(`${normalize(join(dirname(path), lazy))}#*`);
    for (const statement of source.statements) {
      for (const [from, name] of importedNames(statement, path)) used.add(`${from}#${name}`);
      // A type in the signature of another export has a user there.
      if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) {
        const name = statement.name.text;
        if ((text.match(new RegExp(`\\b${name}\\b`, "g"))?.length ?? 0) > 1) used.add(`${path}#${name}`);
      }
      if (program.some((file) => file.path === path) && !entryPoints.has(path)) {
        declared.push(...exportedNames(statement).map((name) => ({ path, name })));
      }
    }
  }
  const unused = declared.filter(({ path, name }) => !used.has(`${path}#${name}`) && !used.has(`${path}#*`));
  expect(unused.map(({ path, name }) => `${path}: ${name}`)).toEqual([]);
});

function importedNames(statement: ts.Statement, path: string): [string, string][] {
  if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
  const specifier = statement.moduleSpecifier;
  if (specifier === undefined || !ts.isStringLiteral(specifier) || !specifier.text.startsWith(".")) return [];
  const from = normalize(join(dirname(path), specifier.text));
  const clause = ts.isImportDeclaration(statement) ? statement.importClause?.namedBindings : statement.exportClause;
  if (clause === undefined || ts.isNamespaceImport(clause) || ts.isNamespaceExport(clause)) return [[from, "*"]];
  return [...clause.elements].map((element) => [from, (element.propertyName ?? element.name).text]);
}

function exportedNames(statement: ts.Statement): string[] {
  if (!ts.canHaveModifiers(statement)) return [];
  const exported = ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
  if (!exported) return [];
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  const name = (statement as ts.Statement & { name?: ts.Identifier }).name;
  return name === undefined ? [] : [name.text];
}

test("ARCHITECTURE.md maps every folder, and no folder that is not there", () => {
  const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  const mapped = [...text.matchAll(/^\| `([a-z][\w/.-]*)\/` +\|/gm)].map(([, folder]) => folder ?? "").sort();
  const top = ["apis", "codegen", "generated", "runtime", "test"];
  const below = ["codegen", "runtime"].flatMap((folder) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && readdirSync(join(root, folder, entry.name)).length > 0)
      .map((entry) => `${folder}/${entry.name}`),
  );
  expect(mapped).toEqual([...top, ...below].sort());
  expect(text.split("\n").length, "two pages at most").toBeLessThanOrEqual(130);
});
