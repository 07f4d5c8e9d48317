import { fileURLToPath } from "node:url";
import { ROOT } from "./root.ts";

/** Timers that are set and not yet over. */
export interface TimerWatch {
  /** Where each of them was set. */
  active(): string[];
  /** Puts the runtime's own functions back. */
  stop(): void;
}

type Timers = Pick<
  typeof globalThis,
  "setTimeout" | "clearTimeout" | "setInterval" | "clearInterval"
>;

/**
 * Watches the timers that this library sets, from now on.
 *
 * No runtime can list them, so the global functions are wrapped. A timer counts as ours if the line
 * that sets it is in none of the packages and not in the runtime or in `tests`.
 */
export function watchTimers(): TimerWatch {
  const active = new Map<unknown, string>();
  const original: Timers = {
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    setInterval: globalThis.setInterval,
    clearInterval: globalThis.clearInterval,
  };
  const clear = (id: unknown) => void active.delete(id);
  const patched: Record<string, unknown> = {
    setTimeout(run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) {
      const id = original.setTimeout(() => {
        clear(id);
        run(...args);
      }, ms);
      remember(active, id);
      return id;
    },
    setInterval(run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) {
      const id = original.setInterval(run, ms, ...args);
      remember(active, id);
      return id;
    },
    clearTimeout(id: number) {
      clear(id);
      original.clearTimeout(id);
    },
    clearInterval(id: number) {
      clear(id);
      original.clearInterval(id);
    },
  };
  Object.assign(globalThis, patched);
  return {
    active: () => [...active.values()],
    stop: () => void Object.assign(globalThis, original),
  };
}

function remember(active: Map<unknown, string>, id: unknown): void {
  const place = callSite(new Error().stack ?? "");
  if (place !== undefined) active.set(id, place);
}

/** The line that set a timer, if it is one of ours. */
function callSite(stack: string): string | undefined {
  const frames = stack.split("\n").map((line) => line.trim()).filter((line) =>
    /:\d+:\d+/.test(line)
  );
  const caller = frames.find((line) =>
    !line.includes("watch_timers") && !/\b(remember|setTimeout|setInterval)\b/.test(line)
  );
  if (caller === undefined) return undefined;
  // The project itself may lie in a folder of that name.
  const place = caller.replaceAll(fileURLToPath(ROOT), "");
  return /node_modules|node:|ext:|eventually|(?<![\w-])tests\//.test(place) ? undefined : caller;
}
