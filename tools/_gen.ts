import { filesBelow } from "./_files.ts";
import { capture, ROOT } from "./_run.ts";
import { PACKED_TEMPLATE, packTemplate } from "./_template.ts";

/** The buf of node_modules, where the plug-in lies too. */
export const BUF: string = `${ROOT}/node_modules/.bin/buf`;

/** Each template, and the folder that it fills. */
const TEMPLATES = {
  "buf.gen.yaml": "src/protobuf/gen",
  "examples/flights/buf.gen.yaml": "examples/flights/gen",
  "examples/helpdesk/buf.gen.yaml": "examples/helpdesk/gen",
  "templates/buf.gen.yaml": "templates/app/gen",
  "bench/services/buf.gen.yaml": "bench/services/gen",
  "tests/hono/buf.gen.yaml": "tests/hono/gen",
};

/**
 * Generates the code of all `.proto` files, and packs the template of applications.
 *
 * @param into Folder that stands for the project's.
 * @throws {Error} If buf refuses a file.
 */
export async function generate(into: string): Promise<void> {
  for (const template of Object.keys(TEMPLATES)) {
    const command = [BUF, "generate", "--template", template, "--output", into];
    const { success, output } = await capture(command);
    if (!success) throw new Error(`Cannot generate code by ${template}:\n${output}`);
  }
  await packTemplate(into);
}

/** Names the generated files of the project that are not what would be generated now. */
export async function findStaleFiles(): Promise<string[]> {
  const fresh = await Deno.makeTempDir({ prefix: "shizuku-gen-" });
  try {
    await generate(fresh);
    const folders = [...Object.values(TEMPLATES), PACKED_TEMPLATE];
    const files = new Set([...await filesBelow(folders), ...await filesBelow(folders, fresh)]);
    const stale: string[] = [];
    for (const file of [...files].sort()) {
      if (await read(`${ROOT}/${file}`) !== await read(`${fresh}/${file}`)) stale.push(file);
    }
    return stale;
  } finally {
    await Deno.remove(fresh, { recursive: true });
  }
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
