import type { NatsServer } from "./nats_server.ts";
import { startNatsServer } from "./start_nats_server.ts";

let started: Promise<NatsServer> | undefined;

/** The server that all tests of this process share: started by the first, it ends with the process. */
export function sharedServer(): Promise<NatsServer> {
  return started ??= startNatsServer().catch((error) => {
    // The next test tries again, and says why by itself.
    started = undefined;
    throw error;
  });
}
