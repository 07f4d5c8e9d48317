import { appendFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import process from "node:process";
import type { CaseResult } from "./model.ts";
import { significant } from "./statistics.ts";
import { budgetLines, tableOf, toText } from "./table.ts";

/** Names the file into which a bench writes its cases, for whoever started it. */
export const OUTPUT_VARIABLE = "SHIZUKU_BENCH_OUTPUT";

/** Status of a script that has measured everything, and missed a budget that counts. */
export const BUDGET_MISSED = 3;

/** The status with which a script ends. */
export function statusOf(isChecked: boolean, missed: number): number {
  return isChecked && missed > 0 ? BUDGET_MISSED : 0;
}

/**
 * Prints the cases of a bench and hands them over to whoever started it.
 *
 * @returns How many budgets were missed.
 */
export function report(title: string, cases: readonly CaseResult[]): number {
  const rounds = Math.max(
    ...cases.flatMap(({ contestants }) =>
      contestants.flatMap(({ figures }) => Object.values(figures).map(({ length }) => length))
    ),
  );
  console.log(`\n${title} on ${runtime()}: median (smallest-largest) of ${rounds} rounds\n`);
  console.log(toText(tableOf(cases)));
  const missed = reportBudgets(cases);
  handOver(cases);
  return missed;
}

/** Prints how the budgets were kept. @returns How many were missed. */
function reportBudgets(cases: readonly CaseResult[]): number {
  const { lines, missed } = budgetLines(cases);
  if (lines.length === 0) return 0;
  console.log(`\n${lines.map((line) => `  ${line}`).join("\n")}`);
  console.log(`\n${lines.length - missed} of ${lines.length} budgets met`);
  return missed;
}

/** Hands cases over to whoever started this bench, a line of JSON for each call. */
export function handOver(cases: readonly CaseResult[]): void {
  const path = process.env[OUTPUT_VARIABLE];
  if (path === undefined) return;
  const line = JSON.stringify(
    cases,
    (_, value) => typeof value === "number" ? significant(value) : value,
  );
  appendFileSync(path, `${line}\n`);
}

/** The runtime that runs this. */
export function runtime(): "deno" | "bun" | "node" {
  return "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";
}

/** What else runs takes its time from one contestant or the other, and makes every ratio a draw. */
export function warnIfBusy(): void {
  const [load = 0] = loadavg();
  if (load < availableParallelism() / 2) return;
  console.error(`The machine is busy (load ${load.toFixed(1)}): trust the table only if it is not`);
}
