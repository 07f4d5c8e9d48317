import type { TransportKind } from "./_connect_options.ts";
import type { Open } from "./_open_connection.ts";

/**
 * The client makes the sockets of all connections of a process by the transport that connected last,
 * also when an earlier one reconnects. So before each try its own transport must be the last again:
 * each says so first thing in its `connect()`, and then refuses options that exclude each other.
 */
export function claimSockets(open: Open): void {
  open({ servers: ["127.0.0.1"], port: 1 }).catch(() => {});
}

/** Milliseconds after which a transport that does not get through keeps no other one waiting. */
const PATIENCE_MS = 1_000;

/** Connections that are being made, by their kind of transport. */
const connecting = /* @__PURE__ */ new Map<TransportKind, Promise<void>>();

/**
 * Waits while another transport connects: between its claim and its socket it may look up a name.
 *
 * @returns To be called when the connection is made, or is not.
 */
export async function untilOthersConnected(kind: TransportKind): Promise<() => void> {
  for (const [other, settled] of connecting) if (other !== kind) await atMost(settled);
  let onSettled = () => {};
  const settled = new Promise<void>((resolve) => onSettled = resolve);
  connecting.set(kind, settled);
  return () => {
    onSettled();
    if (connecting.get(kind) === settled) connecting.delete(kind);
  };
}

async function atMost(settled: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => timer = setTimeout(resolve, PATIENCE_MS));
  await Promise.race([settled, late]);
  clearTimeout(timer);
}
