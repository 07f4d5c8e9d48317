import process from "node:process";

const LIBC = process.platform === "darwin" ? "libSystem.dylib" : "libc.so.6";
const CLOCK_MONOTONIC = process.platform === "darwin" ? 6 : 1;

// Taken before a contender plays with its clocks.
const monotonic = performance.now.bind(performance);
const offsetMs = await findOffset();

/** Milliseconds on one monotonic clock that all processes of the machine share. */
export function sharedNow(): number {
  return monotonic() + offsetMs;
}

/**
 * How far the system's monotonic clock is ahead of this process's own. Node tells it; Deno and Bun
 * count from their start, so there the C library is asked.
 */
async function findOffset(): Promise<number> {
  const read = await systemClock();
  // Of several, the one that was interrupted least.
  return Math.max(...Array.from({ length: 100 }, () => read() - monotonic()));
}

async function systemClock(): Promise<() => number> {
  if ("Deno" in globalThis) return denoClock();
  if ("Bun" in globalThis) return await bunClock();
  return () => Number(process.hrtime.bigint()) / 1e6;
}

function denoClock(): () => number {
  const { symbols } = Deno.dlopen(LIBC, {
    clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  });
  return timeReader((buffer) => symbols.clock_gettime(CLOCK_MONOTONIC, buffer));
}

async function bunClock(): Promise<() => number> {
  const ffi = "bun:ffi";
  const { dlopen } = await import(ffi);
  const { symbols } = dlopen(LIBC, { clock_gettime: { args: ["i32", "ptr"], returns: "i32" } });
  return timeReader((buffer) => symbols.clock_gettime(CLOCK_MONOTONIC, buffer));
}

/** Reads a `timespec` of two 64-bit numbers. */
function timeReader(fill: (buffer: BigInt64Array<ArrayBuffer>) => number): () => number {
  const buffer = new BigInt64Array(2);
  return () => {
    if (fill(buffer) !== 0) throw new Error("Cannot read the system's clock");
    return Number(buffer[0]) * 1000 + Number(buffer[1]) / 1e6;
  };
}
