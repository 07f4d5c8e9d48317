/**
 * Writes a new application: one component with its contract and test, behind Hono.
 *
 * ```sh
 * deno run -A jsr:@shizuku/shizuku/init my-app
 * ```
 *
 * @example From code
 * ```ts ignore
 * import { init } from "@shizuku/shizuku/init";
 *
 * const { files } = await init({ folder: "my-app" });
 * ```
 *
 * @module
 */
import { main } from "./_main.ts";

export { init, type InitOptions, type NewApplication } from "./init.ts";

if (import.meta.main) await main();
