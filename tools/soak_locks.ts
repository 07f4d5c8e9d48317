/**
 * Lets processes contend for a lock for as long as you like, while they and the servers are killed
 * and frozen, and checks the history.
 *
 * `soak_locks.ts [--processes=2,8,32] [--reads=0,90,100] [--servers=1,3] [--seconds=120]
 * [--ttl-ms=…] [--contender-fault-ms=…] [--server-fault-ms=…] [--direct-reads]
 * [--out=.build/soak-locks]` or `soak_locks.ts --model`
 *
 * Each combination is one cell. With `--direct-reads` any replica answers reads. `--model` searches
 * the model of the design instead, further than the tests do. The table and the picture are written to the folder `--out`, with
 * the cells of earlier runs that are kept there. It ends with status 1 if anything is wrong.
 *
 * @module
 */
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type CellOptions, runCell } from "../tests/kv/locks/_cell.ts";
import { searchModel } from "../tests/kv/locks/_model.ts";
import { MODEL_CASES } from "../tests/kv/locks/_model_cases.ts";
import { bundleContender, DIRECT_READS, UNCHANGED } from "../tests/kv/locks/_mutants.ts";
import { reportPicture, reportTable } from "../tests/kv/locks/_report.ts";
import { type CellSummary, summarize } from "../tests/kv/locks/_summary.ts";
import { findNatsServer, installPackages } from "./_setup.ts";

Deno.exitCode = await main(Deno.args);

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      processes: { type: "string", default: "2,8,32" },
      reads: { type: "string", default: "0,90,100" },
      servers: { type: "string", default: "1,3" },
      seconds: { type: "string", default: "120" },
      "ttl-ms": { type: "string" },
      "contender-fault-ms": { type: "string" },
      "server-fault-ms": { type: "string", default: "20000" },
      "direct-reads": { type: "boolean", default: false },
      model: { type: "boolean", default: false },
      out: { type: "string", default: ".build/soak-locks" },
    },
  });
  if (values.model) return searchModels();
  await installPackages();
  Deno.env.set("NATS_SERVER", await findNatsServer());
  await mkdir(values.out, { recursive: true });
  const isDirect = values["direct-reads"];
  await using bundle = await bundleContender(isDirect ? DIRECT_READS : UNCHANGED);
  let wrong = 0;
  for (const servers of numbers(values.servers)) {
    for (const processes of numbers(values.processes)) {
      for (const reads of numbers(values.reads)) {
        const isCluster = servers > 1;
        const cell = {
          script: bundle.path,
          processes,
          readShare: reads / 100,
          durationMs: Number(values.seconds) * 1000,
          cluster: isCluster,
          workers: processes > 8 ? 1 : 2,
          allowDirect: isDirect,
          ttlMs: Number(values["ttl-ms"] ?? (isCluster ? 15_000 : 2_000)),
          contenderFaultMs: Number(values["contender-fault-ms"] ?? (isCluster ? 15_000 : 5_000)),
          ...(isCluster && { serverFaultMs: Number(values["server-fault-ms"]) }),
        };
        wrong += await runOne(cell, values.out);
      }
    }
  }
  return wrong === 0 ? 0 : 1;
}

/** Some of these searches take a minute and some gigabytes. */
function searchModels(): number {
  let wrong = 0;
  for (const { name, ...options } of MODEL_CASES) {
    const startedAt = performance.now();
    const { states, violation } = searchModel(options);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`${name}: ${states} states in ${seconds} s, ${violation ?? "nothing wrong"}`);
    if (violation !== undefined) wrong++;
  }
  return wrong === 0 ? 0 : 1;
}

function numbers(list: string): number[] {
  return list.split(",").map(Number);
}

async function runOne(options: CellOptions, folder: string): Promise<number> {
  const { processes, readShare, cluster, durationMs } = options;
  const name = `${cluster ? "cluster" : "1 server"}, N = ${processes}, ${readShare! * 100} % reads`;
  const startedAt = performance.now();
  const say = (what: string) => {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    console.error(`${name}: ${seconds} of ${durationMs / 1000} s, ${what}`);
  };
  const alive = setInterval(() => say("running"), 30_000);
  try {
    const summary = summarize(await runCell({ ...options, onProgress: say }));
    for (const violation of summary.violations.slice(0, 20)) say(`WRONG: ${violation}`);
    say(`${summary.grants} grants, ${summary.violations.length} violations`);
    const file = join(folder, "cells.ndjson");
    await appendFile(file, `${JSON.stringify(summary)}\n`);
    await writeReport(file, folder);
    return summary.violations.length;
  } finally {
    clearInterval(alive);
  }
}

async function writeReport(file: string, folder: string): Promise<void> {
  const lines = (await readFile(file, "utf8")).trim().split("\n");
  const cells = lines.map((line) => JSON.parse(line) as CellSummary);
  await writeFile(join(folder, "report.md"), `${reportTable(cells)}\n`);
  await writeFile(join(folder, "report.svg"), reportPicture(cells));
  console.log(reportTable(cells));
}
