import { imageFiles } from "../image/dockerfile.ts";
import type { Example } from "./example.ts";
import type { ProjectFacts } from "./package-json.ts";
import type { ProjectFile } from "./project-file.ts";

/** The files of a new project without kinds, but for its package.json, made from those of the example. */
export function initFiles(example: Example, facts: ProjectFacts): ProjectFile[] {
  return [
    copied(example, "main.ts"),
    copied(example, ".prettierrc.json"),
    {
      path: ".prettierignore",
      text: "dist/\ndata/\npackage-lock.json\nconfig/certificates/\nconfig/chart/templates/\n",
      exact: true,
    },
    { path: "tsconfig.json", text: JSON.stringify(compilerSettings(example, "tsconfig.json")) },
    { path: "tsconfig.build.json", text: JSON.stringify(compilerSettings(example, "tsconfig.build.json")) },
    { path: ".oxlintrc.json", text: JSON.stringify(lintRules(example)) },
    // npm leaves files of this name out of packages, so there is none to start from.
    { path: ".gitignore", text: "node_modules/\ndist/\n/data/\n/kubeconfig\n", exact: true },
    { path: ".github/workflows/ci.yml", text: workflow },
    { path: "README.md", text: readme(facts) },
    ...imageFiles(facts.dependency),
  ];
}

function copied(example: Example, path: string): ProjectFile {
  return { path, text: example.read(path), exact: true };
}

interface CompilerSettings {
  readonly compilerOptions: Readonly<Record<string, unknown>>;
  readonly include: readonly string[];
}

// Of the example's folders a project has all but the generator and the runtime, which it has in node_modules instead.
const foreign: ReadonlySet<string> = new Set(["codegen", "runtime"]);

function compilerSettings(example: Example, path: string): CompilerSettings {
  const settings = JSON.parse(example.read(path)) as CompilerSettings;
  const { customConditions: _ownSources, ...compilerOptions } = settings.compilerOptions;
  return { ...settings, compilerOptions, include: settings.include.filter((each) => !foreign.has(each)) };
}

interface LintRules {
  readonly $schema: string;
  readonly ignorePatterns: readonly string[];
  readonly rules: Readonly<Record<string, unknown>>;
}

function lintRules(example: Example): LintRules {
  const rules = JSON.parse(example.read(".oxlintrc.json")) as LintRules;
  return { ...rules, ignorePatterns: ["generated/**", "dist/**"] };
}

const workflow = `name: ci
on: [push, pull_request]
permissions:
  contents: read
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 22
          cache: npm
      - run: npm ci
      # Types, lint, format, whether generated/ is what apis/ gives, and the tests.
      - run: npm test
`;

function readme({ name, domain }: ProjectFacts): string {
  return `# ${name}

A Kubernetes API of the domain ${domain}, served by [apiserver-ts](https://www.npmjs.com/package/apiserver-ts).

    npm run generate   # after each change in apis/: writes generated/
    npm start          # serves on https://127.0.0.1:9443, and writes ./kubeconfig for kubectl
    npm test           # types, lint, format, drift of generated/, tests

A new kind, and then kubectl:

    npx apiserver-boot create group version resource --group animal --version v1alpha1 --kind Cat --non-namespaced=false
    kubectl --kubeconfig kubeconfig api-resources

With \`--controller\` the kind gets a controller in \`controllers/\`, too; \`npm run start:controllers\` runs it beside the
server. A person writes \`apis/\`, \`controllers/\` and \`test/\`; the generator writes \`generated/\`; \`main.ts\` starts the server.
\`npx apiserver-boot --help\` lists what else there is, and \`npm start -- --help\` the server's flags.
`;
}
