import { mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { applicationFiles } from "./_application_files.ts";

/**
 * Options of {@linkcode init}.
 *
 * @example
 * ```ts ignore
 * import { init } from "@shizuku/shizuku/init";
 *
 * await init({ folder: "apps/helpdesk", name: "helpdesk", onFile: (path) => console.log(path) });
 * ```
 */
export interface InitOptions {
  /** Folder of the application, which must not exist or be empty. */
  readonly folder: string;
  /** Name of the application: `a-z`, `0-9` and `-`, a letter first. By default that of the folder. */
  readonly name?: string;
  /** Folder of a checkout of this library, to use instead of the released package. */
  readonly checkout?: string;
  /** Hears of each file that was written, by its path within the folder. */
  readonly onFile?: (path: string) => void;
}

/**
 * What {@linkcode init} has written.
 *
 * @example
 * ```ts ignore
 * import { init } from "@shizuku/shizuku/init";
 *
 * const { name, folder, files } = await init({ folder: "helpdesk" });
 * console.log(`${name}: ${files.length} files in ${folder}`);
 * ```
 */
export interface NewApplication {
  /** Name of the application. */
  readonly name: string;
  /** Absolute path of its folder. */
  readonly folder: string;
  /** Its files, by their paths within the folder. */
  readonly files: readonly string[];
}

/**
 * Writes a new application into a folder. Nothing is installed and nothing is started.
 *
 * @throws {TypeError} If the name is not valid.
 * @throws {Error} If the folder is not empty; nothing is written then.
 * @example
 * ```ts ignore
 * import { init } from "@shizuku/shizuku/init";
 *
 * const { name } = await init({ folder: "my-app", onFile: (path) => console.log(path) });
 * ```
 */
export async function init(options: InitOptions): Promise<NewApplication> {
  const { checkout, onFile = () => {} } = options;
  const folder = resolve(options.folder);
  const name = options.name ?? basename(folder);
  checkName(name);
  await checkEmpty(folder);
  const files = applicationFiles({
    name,
    folder,
    ...(checkout !== undefined && { checkout: resolve(checkout) }),
  });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    // Never over what somebody has put there meanwhile.
    await writeFile(join(folder, path), text, { flag: "wx" });
    onFile(path);
  }
  return { name, folder, files: Object.keys(files) };
}

function checkName(name: string): void {
  if (/^[a-z][a-z0-9-]{0,99}$/.test(name)) return;
  throw new TypeError(
    "Cannot create an application as its name must be of a-z, 0-9 and -, a letter first: " +
      `current value is ${JSON.stringify(name)}`,
  );
}

async function checkEmpty(folder: string): Promise<void> {
  const found = await readdir(folder).catch((error: { code?: string }) => {
    if (error.code === "ENOENT") return [];
    throw new Error(`Cannot create an application in ${folder}: ${error}`, { cause: error });
  });
  if (found.length === 0) return;
  throw new Error(
    `Cannot create an application in ${folder} as it must be empty: it has ` +
      found.slice(0, 5).join(", ") + (found.length > 5 ? ", ..." : ""),
  );
}
