import { cpuMicros, memoryMiB } from "../frame/load.ts";
import type { Sample } from "../frame/model.ts";
import { usedBytes } from "../frame/heap.ts";

/** After so long a call that nobody answers would fail. */
export const TIMEOUT_MS = 300_000;

/** What each of so many takes of memory and time, once garbage is collected. */
export async function measured(count: number, work: () => Promise<void>): Promise<Sample> {
  const before = usedBytes();
  const [cpuBefore, startedAt] = [cpuMicros(), performance.now()];
  await work();
  const startMs = performance.now() - startedAt;
  const clientMicros = (cpuMicros() - cpuBefore) / count;
  const bytesEach = (usedBytes() - before) / count;
  return { bytesEach, clientMicros, memoryMiB: memoryMiB(), startMs };
}

/** Makes so many calls at once, and holds them. */
export async function holdCalls(
  count: number,
  call: () => Promise<unknown>,
  flush: () => Promise<unknown>,
): Promise<Sample> {
  const calls: Promise<unknown>[] = new Array(count);
  let failure: unknown;
  const sample = await measured(count, async () => {
    for (let index = 0; index < count; index++) {
      calls[index] = call();
      calls[index]!.catch((error) => failure ??= error);
      if (index % 1_000 === 999) await flush();
    }
    await flush();
  });
  if (failure !== undefined) throw failure;
  return sample;
}
