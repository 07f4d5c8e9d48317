import { findNatsServer, type NatsServerBinary } from "./find_nats_server.ts";
import type { NatsServerOptions } from "./nats_server.ts";
import { NatsServerStartError } from "./nats_server_start_error.ts";
import { progressTo } from "./progress.ts";

const START_ATTEMPTS = 5;

/** Refuses options that contradict each other. */
export function checkServerOptions({ user, password, token }: NatsServerOptions): void {
  const found = Object.entries({ user, password, token })
    .filter(([, value]) => value !== undefined).map(([name]) => name).join(", ");
  if (["", "user, password", "token"].includes(found)) return;
  throw new TypeError(
    `Cannot start nats-server as it wants user and password, or token, or none: current is ${found}`,
  );
}

/** Finds the binary that the options ask for. */
export async function binaryFor(options: NatsServerOptions): Promise<NatsServerBinary> {
  const { binary, find, signal, onProgress } = options;
  return binary ?? await findNatsServer({ signal, onProgress, ...find });
}

/** Starts again when another process was faster in taking a port that was free. */
export async function retryOnPortInUse<T>(
  { onProgress = progressTo() }: NatsServerOptions,
  start: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await start();
    } catch (error) {
      const isCollision = error instanceof NatsServerStartError && error.isPortInUse;
      if (!isCollision || attempt === START_ATTEMPTS) throw error;
      onProgress({ phase: "start", message: "a port was taken meanwhile: trying others" });
    }
  }
}
