/**
 * What the entry points weigh, minified and gzipped; `deno task size` prints more of it.
 *
 * @module
 */
import * as esbuild from "esbuild";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ROOT } from "../../tests/_support/root.ts";
import {
  ENTRY_POINTS,
  IMPORTS,
  type MeasuredBudget,
  measureSizes,
  type SizeBudget,
} from "../../tools/_sizes.ts";
import type { CaseResult } from "../frame/model.ts";
import { report, statusOf } from "../frame/report.ts";

const SETS: Readonly<Record<string, readonly SizeBudget[]>> = {
  "what an entry point adds": ENTRY_POINTS,
  "what an application imports as a rule": IMPORTS,
};

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const root = fileURLToPath(ROOT).replace(/[/\\]$/, "");
  try {
    const cases: CaseResult[] = [];
    for (const [name, set] of Object.entries(SETS)) {
      cases.push(caseOf(name, await measureSizes(set, root)));
    }
    const missed = report("Bytes without packages and what is below, minified and gzipped", cases);
    return statusOf(args.includes("--check"), missed);
  } finally {
    await esbuild.stop();
  }
}

function caseOf(name: string, measured: readonly MeasuredBudget[]): CaseResult {
  return {
    name,
    contestants: measured.map(({ name, added }) => ({
      name,
      isOurs: true,
      figures: { gzipBytes: [added] },
    })),
    budgets: measured.map(({ name, goal, limit }) => ({
      contestant: name,
      figure: "gzipBytes",
      to: null,
      atMost: goal ?? limit,
    })),
  };
}
