/**
 * Starts another script, and tells its id: `spawner_process.ts`.
 *
 * @module
 */
import { spawnScript } from "./spawn_script.ts";

const script = spawnScript(new URL("./echo_process.ts", import.meta.url));
await script.line("ready");
console.log(`started ${script.pid}`);
await script.exited;
