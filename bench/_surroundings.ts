import { capture, ROOT } from "../tools/_run.ts";
import type { FoundRuntime } from "../tools/_runtimes.ts";
import type { Bench } from "./frame/benches.ts";
import type { Machine } from "./frame/model.ts";

/** The machine that runs this. */
export async function machine(): Promise<Machine> {
  const { total } = Deno.systemMemoryInfo();
  return {
    processor: await processor(),
    cores: navigator.hardwareConcurrency,
    memoryGiB: Math.round(total / 2 ** 30),
    system: `${Deno.build.os} ${Deno.osRelease()}, ${Deno.build.arch}`,
  };
}

/** Name of the processor, where the system tells it. */
async function processor(): Promise<string> {
  const text = Deno.build.os === "linux"
    ? await Deno.readTextFile("/proc/cpuinfo").catch(() => "")
    : (await capture(["sysctl", "-n", "machdep.cpu.brand_string"])).stdout.replace(/^/, ": ");
  return /^(?:model name\s*)?: (.+)$/m.exec(text)?.[1]?.trim() || "unknown processor";
}

/** Versions of the server, of packages, and of rivals if they take part. */
export async function versionsOf(
  { packages, rivals }: Bench,
  { name }: FoundRuntime,
  { natsServer }: { natsServer: string },
): Promise<Record<string, string>> {
  const { stdout } = await capture([natsServer, "--version"]);
  const versions: Record<string, string> = {
    "nats-server": /v(\d\S*)/.exec(stdout)?.[1] ?? "unknown",
  };
  for (const each of packages) {
    versions[each] = (await readJson(`node_modules/${each}/package.json`)).version;
  }
  if (rivals === undefined || name !== "node") return versions;
  const { dependencies } = await readJson(`bench/${rivals}/rivals/package.json`);
  return { ...versions, ...dependencies };
}

// deno-lint-ignore no-explicit-any -- JSON of others
async function readJson(path: string): Promise<any> {
  return JSON.parse(await Deno.readTextFile(`${ROOT}/${path}`));
}
