import { relative, sep } from "node:path";
import { ENTRY_POINTS, TEMPLATE } from "./gen/template.ts";

/** What the files of an application depend on. */
export interface ApplicationPlace {
  /** Name of the application. */
  readonly name: string;
  /** Absolute path of its folder. */
  readonly folder: string;
  /** Absolute path of a checkout of the library, to use instead of the released package. */
  readonly checkout?: string;
}

/** `deno.json` of the template, as far as it is looked at. */
interface DenoConfig {
  readonly imports: Readonly<Record<string, string>>;
  readonly [other: string]: unknown;
}

const LIBRARY = "@shizuku/shizuku";
const TEMPLATE_NAME = "guestbook";

/** The files of a new application, by their paths. */
export function applicationFiles(place: ApplicationPlace): Record<string, string> {
  const { name, folder, checkout } = place;
  const config: DenoConfig = JSON.parse(TEMPLATE["deno.json"]!);
  // Deno takes paths with slashes on every system.
  const link = checkout && relative(folder, checkout).split(sep).join("/");
  return {
    ...TEMPLATE,
    "README.md": TEMPLATE["README.md"]!.replace(`# ${TEMPLATE_NAME}`, `# ${name}`),
    "deno.json": toJson({ ...config, ...(link && { links: [link] }) }),
    "package.json": toJson(packageOf(name, config)),
    ...(link && { "tsconfig.json": toJson(pathsTo(link)) }),
  };
}

/** The same dependencies for Bun and Node; the library itself comes to them by `npx jsr add`. */
function packageOf(name: string, { imports }: DenoConfig): object {
  const dependencies = Object.entries(imports)
    .filter(([, source]) => source.startsWith("npm:"))
    .map(([name, source]) => [name, source.slice(source.lastIndexOf("@") + 1)]);
  return {
    name,
    private: true,
    type: "module",
    scripts: { start: "node main.ts", test: "node --test" },
    dependencies: Object.fromEntries(dependencies),
  };
}

/** Lets Bun and bundlers find a checkout, as `links` does for Deno. */
function pathsTo(checkout: string): object {
  const paths = Object.entries(ENTRY_POINTS)
    .map(([name, path]) => [`${LIBRARY}${name.slice(1)}`, [`${checkout}${path.slice(1)}`]]);
  return { compilerOptions: { strict: true, paths: Object.fromEntries(paths) } };
}

function toJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
