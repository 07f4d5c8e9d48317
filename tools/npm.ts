/**
 * Builds the package for npm in `.build/npm`. `./transport/deno` is not in it: it depends on a
 * package of JSR; on Deno, take the library from there.
 *
 * @module
 */
import { buildNpm, NPM_FOLDER } from "./_npm.ts";
import { ROOT } from "./_run.ts";

const { name, version } = await buildNpm();
console.log(`${name} ${version} is in ${NPM_FOLDER.slice(ROOT.length + 1)}`);
