import { relative, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { init, type NewApplication } from "./init.ts";

const HELP = `Writes a new application: one component with its contract and test, behind Hono.

  deno run -A jsr:@shizuku/shizuku/init FOLDER

  --name NAME       name of the application (default: that of the folder)
  --checkout PATH   uses a checkout of the library instead of the released package
  --help            prints this`;

/** The command line of {@linkcode init}. */
export async function main(): Promise<void> {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        name: { type: "string" },
        checkout: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return console.log(HELP);
    await create(positionals, values);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

async function create(
  [path, ...others]: string[],
  { name, checkout }: { name?: string; checkout?: string },
): Promise<void> {
  if (path === undefined || others.length > 0) {
    throw new TypeError(`Cannot create an application as it must have one folder\n\n${HELP}`);
  }
  // Task runners change the folder, and say here in which one they were started.
  const start = process.env["INIT_CWD"] ?? process.cwd();
  const folder = resolve(start, path);
  console.log(`Creating an application in ${folder}`);
  const created = await init({
    folder,
    ...(name !== undefined && { name }),
    ...(checkout !== undefined && { checkout }),
    onFile: (file) => console.log(`  ${file}`),
  });
  console.log(nextSteps(created, start));
}

function nextSteps({ name, folder, files }: NewApplication, start: string): string {
  const path = relative(start, folder);
  return `
${name} is ready: ${files.length} files. Next:

  cd ${path.startsWith("..") ? folder : path || "."}
  deno task test     # its tests, on a real nats-server
  deno task start    # http://localhost:8000
  deno task check    # format, lint, types

guestbook.ts is the component, proto/ its contract; README.md tells the rest.`;
}
