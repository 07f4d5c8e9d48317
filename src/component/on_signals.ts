import { getLogger } from "../core/mod.ts";

/**
 * Options of {@linkcode onSignals}.
 *
 * @example
 * ```ts ignore
 * import { onSignals } from "@shizuku/shizuku/component";
 *
 * await onSignals(running, { signals: ["SIGINT", "SIGTERM", "SIGHUP"] }).stopped;
 * ```
 */
export interface SignalOptions {
  /**
   * Which signals of the operating system.
   * @default {["SIGINT", "SIGTERM"]}
   */
  readonly signals?: readonly string[];
}

/**
 * Signals that are waited for. Made by {@linkcode onSignals}.
 *
 * @example
 * ```ts ignore
 * import { onSignals } from "@shizuku/shizuku/component";
 *
 * using watch = onSignals(running);
 * console.log(`Stopped by ${await watch.stopped}`);
 * ```
 */
export interface SignalWatch extends Disposable {
  /**
   * Resolves with the signal that came, once everything has stopped; with `undefined` if it was
   * disposed of before.
   */
  readonly stopped: Promise<string | undefined>;
}

type Listen = (signal: string, listener: () => void) => void;

/** What runtimes have for signals of the operating system. */
interface SignalSources {
  readonly Deno?: {
    readonly addSignalListener?: Listen;
    readonly removeSignalListener?: Listen;
  };
  readonly process?: { readonly on?: Listen; readonly off?: Listen };
}

/**
 * Stops an application when the operating system asks the process to end.
 *
 * A signal that comes again meanwhile changes nothing: whoever starts processes often passes Ctrl-C
 * on, so that it comes twice. Where a runtime has no signals, in browsers and on the edge, nothing
 * is waited for.
 *
 * @param app What is stopped: an application, or anything else with `stop()`.
 * @example
 * ```ts ignore
 * const app = await createApp({ nc, components }).start();
 * await onSignals(app).stopped;
 * await nc.drain();
 * ```
 */
export function onSignals(
  app: { stop(): PromiseLike<void> },
  { signals = ["SIGINT", "SIGTERM"] }: SignalOptions = {},
): SignalWatch {
  const { add, remove } = listeners();
  let end: (signal: string | undefined) => void;
  const ended = new Promise<string | undefined>((resolve) => end = resolve);
  const listening = signals.map((signal) => [signal, () => end(signal)] as const);
  for (const [signal, listener] of listening) add(signal, listener);
  const dispose = () => {
    for (const [signal, listener] of listening.splice(0)) remove(signal, listener);
    end(undefined);
  };
  const stop = async () => {
    const signal = await ended;
    if (signal === undefined) return undefined;
    getLogger(["component"]).info("Stopping, as {signal} has come", { signal });
    try {
      await app.stop();
    } finally {
      dispose();
    }
    return signal;
  };
  return { stopped: stop(), [Symbol.dispose]: dispose };
}

function listeners(): { add: Listen; remove: Listen } {
  const { Deno, process } = globalThis as SignalSources;
  const nothing = () => {};
  if (Deno !== undefined) {
    return {
      add: (signal, listener) => Deno.addSignalListener?.(signal, listener),
      remove: (signal, listener) => Deno.removeSignalListener?.(signal, listener),
    };
  }
  return {
    add: process?.on === undefined ? nothing : (signal, run) => process.on!(signal, run),
    remove: process?.off === undefined ? nothing : (signal, run) => process.off!(signal, run),
  };
}
