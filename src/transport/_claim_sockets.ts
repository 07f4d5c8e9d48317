import type { TransportKind } from "./_connect_options.ts";
import type { Open } from "./_open_connection.ts";

/** More turns of the microtask queue than the client takes from its question to its socket. */
const TURNS = 16;

/** The TCP transport that this process uses, if it does. */
let tcp: Open | undefined;
/** How many WebSockets are about to be made. */
let sockets = 0;
let last: Promise<void> = Promise.resolve();

/**
 * Has the client make its next socket with a transport.
 *
 * It keeps one transport for all connections of a process: the one that connected last, also when an
 * earlier one reconnects. So each transport is made the last again before each try. A WebSocket is
 * made within few microtasks, while TCP may have to look up a name first: so TCP gets its place back
 * at once. If it wants its socket just in between, it gets one that fails, and tries again.
 */
export function claimSockets(open: Open, kind: TransportKind): void {
  if (kind === "tcp") {
    tcp = open;
    if (sockets === 0) becomeLast(open);
    return;
  }
  sockets++;
  becomeLast(open);
  void turns().then(() => {
    if (--sockets === 0 && tcp !== undefined) becomeLast(tcp);
  });
}

/** Transports say that they are the last in `connect()`, before it refuses what excludes each other. */
function becomeLast(open: Open): void {
  open({ servers: ["127.0.0.1"], port: 1 }).catch(() => {});
}

/** Waits until whoever began to connect before has its socket, or looks up a name. */
export async function turnToConnect(): Promise<void> {
  const before = last;
  last = before.then(turns);
  await before;
  while (sockets > 0) await turns();
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await undefined;
}
