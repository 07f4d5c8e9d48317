/**
 * Builds the npm package: ESM and type declarations, in `.build/npm`.
 *
 * @module
 */
import { buildNpmPackage, NPM_PACKAGE } from "./_npm_package.ts";
import { ROOT } from "./_run.ts";
import { installPackages } from "./_setup.ts";

await installPackages();
const { version, entries } = await buildNpmPackage();
console.log(
  `@shizuku/shizuku ${version} with ${entries} entry points: ${NPM_PACKAGE.slice(ROOT.length + 1)}`,
);
