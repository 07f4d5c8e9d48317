import { dirname } from "node:path";
import { filesBelow } from "./_files.ts";
import { ROOT } from "./_run.ts";

const TEMPLATE = "templates/app";
/** What applications need of the library's own .proto files. */
const OPTIONS = "proto/shizuku/v1/options.proto";

/** The folder of the packed template. */
export const PACKED_TEMPLATE = "src/init/gen";

/**
 * Packs the template of applications into a module: packages are published with imports rewritten
 * and files left out, which must not happen to a template. With it go the library's entry points,
 * for applications that use a checkout.
 *
 * @param into Folder that stands for the project's; the code in the template is taken from there.
 */
export async function packTemplate(into: string): Promise<void> {
  const files: Record<string, string> = {};
  for (const path of await filesBelow([TEMPLATE])) {
    const name = path.slice(TEMPLATE.length + 1);
    const root = name.startsWith("gen/") ? into : ROOT;
    files[name] = await Deno.readTextFile(`${root}/${path}`);
  }
  files[OPTIONS] = await Deno.readTextFile(`${ROOT}/${OPTIONS}`);
  const path = `${into}/${PACKED_TEMPLATE}/template.ts`;
  await Deno.mkdir(dirname(path), { recursive: true });
  const { exports } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  await Deno.writeTextFile(path, moduleOf(files, exports));
}

function moduleOf(files: Record<string, string>, exports: Record<string, string>): string {
  return [
    "// Packed from templates/app and deno.json by `deno task gen`.",
    "/** Files of a new application, by their paths. */",
    `export const TEMPLATE: Readonly<Record<string, string>> = ${JSON.stringify(files, null, 2)};`,
    "/** Sources of the library's entry points, by their names. */",
    `export const ENTRY_POINTS: Readonly<Record<string, string>> = ${
      JSON.stringify(exports, null, 2)
    };`,
    "",
  ].join("\n");
}
