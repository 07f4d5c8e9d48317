import { Socket } from "node:net";

/** Counts the writes to sockets of this process. */
export interface WriteCount {
  /** How many there were. */
  count: number;
}

/**
 * Counts every write to a socket from now on, by a wrapper around the method through which all of
 * the transport's bytes pass. A proxy could not tell: on the way writes are joined and cut.
 */
export function countWrites(): WriteCount {
  const writes = { count: 0 };
  const { write } = Socket.prototype;
  Socket.prototype.write = function (this: Socket, ...args: Parameters<Socket["write"]>) {
    writes.count++;
    return write.apply(this, args);
  } as Socket["write"];
  return writes;
}
