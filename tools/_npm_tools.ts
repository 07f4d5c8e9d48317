import { capture, ROOT } from "./_run.ts";

/**
 * Installs the pinned packages of a `package.json`, once for each state of it, in the project's
 * cache. Tools that only one task needs stay out of everybody's node_modules by this.
 *
 * @param manifest Path of the `package.json`, from the project's folder.
 * @returns The folder that holds their `node_modules`.
 * @throws {Error} If npm fails.
 */
export async function installTools(manifest: string): Promise<string> {
  const text = await Deno.readTextFile(`${ROOT}/${manifest}`);
  const folder = `${ROOT}/.cache/tools/${await digest(text)}`;
  if (await exists(folder)) return folder;
  const { dependencies } = JSON.parse(text) as { dependencies: Record<string, string> };
  const names = Object.entries(dependencies).map(([name, version]) => `${name} ${version}`);
  console.log(`Installing ${names.join(", ")} ...`);
  const unfinished = `${folder}.${Deno.pid}`;
  await Deno.mkdir(unfinished, { recursive: true });
  try {
    await Deno.writeTextFile(`${unfinished}/package.json`, text);
    await npmInstall(unfinished);
    // Another process may have been quicker; what it has installed is the same.
    await Deno.rename(unfinished, folder).catch(async (error) => {
      if (!await exists(folder)) throw error;
    });
  } finally {
    await Deno.remove(unfinished, { recursive: true }).catch(() => undefined);
  }
  return folder;
}

/**
 * Runs `npm install` in a folder.
 *
 * @param packages What to install beside what its `package.json` names.
 * @throws {Error} If npm fails.
 */
export async function npmInstall(cwd: string, packages: string[] = []): Promise<void> {
  const flags = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  const { success, output } = await capture(["npm", "install", ...flags, ...packages], { cwd });
  if (!success) throw new Error(`Cannot install npm packages in ${cwd}:\n${output}`);
}

async function digest(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(bytes).toHex().slice(0, 16);
}

function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
