/**
 * The script that the tests of `spawnScript` start: says what it was given, then ticks for ever.
 *
 * @module
 */
import process from "node:process";
import { setInterval } from "node:timers";

const [command, ...args] = process.argv.slice(2);
console.log(`ready ${[command, ...args].join(" ")} ${process.env.SHIZUKU_ECHO ?? ""}`);
console.log(`main ${import.meta.main} ${new URL(import.meta.url).pathname.split("/").at(-1)}`);
if (command === "die") {
  console.error("dying as told");
  process.exit(3);
}
setInterval(() => console.log("tick"), 20);
