import { capture, DENO } from "./_run.ts";

/**
 * Installs the packages of deno.json into node_modules, where Bun and Node find them too.
 *
 * @throws {Error} If that fails.
 */
export async function installPackages(): Promise<void> {
  const { success, output } = await capture([DENO, "install", "--quiet"]);
  if (!success) throw new Error(`Cannot install the packages of deno.json:\n${output}`);
}

/**
 * Finds the nats-server that the tests start, once, so that not every test process has to.
 * Where there is none yet, it is downloaded or built.
 *
 * @returns Path of its program, for the environment variable `NATS_SERVER`.
 * @throws {Error} If there is none and none can be got.
 */
export async function findNatsServer(): Promise<string> {
  const given = Deno.env.get("NATS_SERVER");
  if (given !== undefined && given !== "") return given;
  const { success, stdout } = await capture(
    [DENO, "run", "-A", "--quiet", "src/dev/main.ts", "--find-only"],
    { showErrors: true },
  );
  const path = stdout.trim().split("\n").at(-1) ?? "";
  if (success && path !== "") return path;
  throw new Error("Cannot find or build a nats-server: see above");
}
