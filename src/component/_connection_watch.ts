import type { Connection } from "../connection/mod.ts";

/** A connection that is watched. */
export interface ConnectionWatch extends Disposable {
  /** What is wrong with it at this moment, if anything is. */
  readonly problem: string | undefined;
}

const LOST = ["disconnect", "reconnecting", "staleConnection"];

/** Remembers whether a connection is lost, which it does not tell by itself. */
export function watchConnection(nc: Connection): ConnectionWatch {
  let isLost = false;
  const statuses = nc.status() as AsyncIterable<{ readonly type: string }> & { stop?(): void };
  const listen = async () => {
    for await (const { type } of statuses) {
      // A connection that was lost before it was watched still says that it tries again.
      if (LOST.includes(type)) isLost = true;
      else if (type === "reconnect") isLost = false;
    }
  };
  // The iterator ends with the connection, and does not fail.
  void listen();
  return {
    get problem() {
      if (nc.isClosed()) return "the connection to NATS is closed";
      return isLost ? "the connection to NATS is lost and not back yet" : undefined;
    },
    [Symbol.dispose]: () => statuses.stop?.(),
  };
}
