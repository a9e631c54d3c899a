import { runInThisContext } from "node:vm";
import { ts } from "ts-morph";
import * as abi from "../../../runtime/abi.ts";

/** What a module that was run exports. */
export type Exports = Record<string, unknown>;

/** Runs the text of an emitted file; `modules` are the modules that it imports beside the runtime, by file name. */
export function runEmitted(text: string, modules: Readonly<Record<string, Exports>> = {}): Exports {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const exports: Exports = {};
  const load = (specifier: string): unknown => {
    if (specifier === "apiserver-ts/abi") return abi;
    const name = specifier.replace(/^.*\//, "");
    const found = modules[name];
    if (found === undefined) throw new Error(`the emitted file imports ${specifier}`);
    return found;
  };
  const run = runInThisContext(`(exports, require) => {${outputText}}`) as (exports: Exports, load: unknown) => void;
  run(exports, load);
  return exports;
}
