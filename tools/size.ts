/**
 * Prints what the entry points weigh, minified and gzipped.
 *
 * - "adds": what it adds to the entry points below it, without packages.
 * - "later": what comes with the first use of a feature.
 * - "whole": all of it, with what is below it; "with packages": and with every package.
 *
 * @module
 */
import * as esbuild from "esbuild";
import { ROOT } from "./_run.ts";
import { installPackages } from "./_setup.ts";
import { ENTRY_POINTS, IMPORTS, measureSizes, sizeTable } from "./_sizes.ts";

await installPackages();
try {
  for (const [title, budgets] of [["entry point", ENTRY_POINTS], ["imports", IMPORTS]] as const) {
    console.log(`\n${sizeTable(title, await measureSizes(budgets, ROOT))}`);
  }
} finally {
  await esbuild.stop();
}
