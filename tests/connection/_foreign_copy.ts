import { createRequire } from "node:module";
import type { errors, NatsConnection } from "@nats-io/nats-core";

/** A second copy of the NATS client in this process. */
export interface ForeignCopy {
  /** Its error classes, which are not ours. */
  readonly errors: typeof errors;
  /** Its `connect()`. */
  connect(options: object): Promise<NatsConnection>;
}

/** Loads the packages again, as a second installation of them would be. */
export function loadForeignCopy(): ForeignCopy {
  const require = createRequire(import.meta.url);
  require("@nats-io/transport-node");
  const own = Object.entries(require.cache).filter(([path]) => path.includes("nats-io"));
  for (const [path] of own) delete require.cache[path];
  try {
    return require("@nats-io/transport-node");
  } finally {
    for (const [path, module] of own) require.cache[path] = module;
  }
}
