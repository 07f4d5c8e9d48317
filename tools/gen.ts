/**
 * Generates the TypeScript code of the `.proto` files.
 *
 * @module
 */
import { generate } from "./_gen.ts";
import { ROOT } from "./_run.ts";
import { installPackages } from "./_setup.ts";

await installPackages();
await generate(ROOT);
