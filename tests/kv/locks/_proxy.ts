import { connect, createServer, type Socket } from "node:net";
import { Buffer } from "node:buffer";

/** One protocol message, with its payload. */
export interface NatsFrame {
  /** Its first line: `HPUB $KV.locks.a _INBOX.x 12 40`. */
  readonly line: string;
  /** What follows the line, if it has a payload. */
  readonly payload: string;
}

/** What becomes of a message: it passes, is lost, or arrives so many milliseconds later. */
export type FrameFate = "pass" | "lose" | number;

/** What a proxy does with the messages of either direction. By default all pass. */
export interface ProxyRules {
  toServer?(frame: NatsFrame): FrameFate;
  toClient?(frame: NatsFrame): FrameFate;
}

/** A proxy that understands enough of the protocol to lose single messages. */
export interface NatsProxy extends AsyncDisposable {
  /** Address for clients. */
  readonly url: string;
  /** May be changed at any time. */
  rules: ProxyRules;
  /** Cuts all connections. Clients connect again. */
  disconnect(): void;
}

/** Starts a proxy before a server. Its clients must not be told of other servers. */
export async function startNatsProxy(port: number, rules: ProxyRules = {}): Promise<NatsProxy> {
  const sockets = new Set<Socket>();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const proxy = { rules };
  const forward = (from: Socket, to: Socket, direction: keyof ProxyRules) => {
    sockets.add(from);
    let late = 0;
    let isOver = false;
    const split = frameSplitter((bytes, frame) => {
      const fate = frame === undefined ? "pass" : proxy.rules[direction]?.(frame) ?? "pass";
      if (fate === "lose" || to.destroyed) return;
      if (fate === "pass") return void to.write(bytes);
      late++;
      const timer = setTimeout(() => {
        timers.delete(timer);
        if (!to.destroyed) to.write(bytes);
        if (--late === 0 && isOver) to.end();
      }, fate);
      timers.add(timer);
    });
    from.setNoDelay(true);
    from.on("data", split);
    from.on("error", () => from.destroy());
    from.on("close", () => {
      sockets.delete(from);
      isOver = true;
      // What is under way arrives also if its sender is gone.
      if (late === 0) to.end();
    });
  };
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    forward(client, upstream, "toServer");
    forward(upstream, client, "toClient");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address() as { port: number };
  const disconnect = () => {
    for (const socket of [...sockets]) socket.destroy();
  };
  return {
    url: `nats://127.0.0.1:${address.port}`,
    get rules() {
      return proxy.rules;
    },
    set rules(next: ProxyRules) {
      proxy.rules = next;
    },
    disconnect,
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearTimeout(timer);
      const closed = new Promise((resolve) => server.close(resolve));
      disconnect();
      await closed;
    },
  };
}

const LINE_END = Buffer.from("\r\n");
const WITH_PAYLOAD = /^(?:H?PUB|H?MSG) /;

/** Cuts a stream of bytes into protocol messages. */
function frameSplitter(
  onFrame: (bytes: Buffer, frame: NatsFrame | undefined) => void,
): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const end = rest.indexOf(LINE_END);
      if (end < 0) return;
      const line = rest.toString("latin1", 0, end);
      const start = end + LINE_END.length;
      if (!WITH_PAYLOAD.test(line)) {
        onFrame(rest.subarray(0, start), undefined);
        rest = rest.subarray(start);
        continue;
      }
      const length = Number(line.slice(line.lastIndexOf(" ") + 1));
      const size = start + length + LINE_END.length;
      if (rest.length < size) return;
      const payload = rest.toString("latin1", start, start + length);
      onFrame(rest.subarray(0, size), { line, payload });
      rest = rest.subarray(size);
    }
  };
}
