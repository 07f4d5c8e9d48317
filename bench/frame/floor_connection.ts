import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";

/** Hears of a message: what came, where to answer, and on what subject it came. */
export type OnFloorMessage = (payload: Buffer, reply: string, subject: string) => void;

const LINE_END = Buffer.from("\r\n");

/**
 * The least that can speak with a nats-server: a socket, and the protocol by hand. No checks, no
 * timeouts, no reconnecting; what it reaches is the limit for everything that does more.
 *
 * What is published in one go through the microtasks is written at once.
 */
export class FloorConnection {
  readonly #socket: Socket;
  readonly #onMessage = new Map<string, OnFloorMessage>();
  #outgoing: Buffer[] = [];
  #isScheduled = false;
  #rest: Buffer | undefined;
  #nextSid = 1;
  #onPong: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (data: Buffer) => this.#take(data));
  }

  /** Connects to a server, such as `nats://127.0.0.1:4222`. */
  static async open(server: string): Promise<FloorConnection> {
    const { hostname, port } = new URL(server);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    const connection = new FloorConnection(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    connection.#write(Buffer.from('CONNECT {"verbose":false,"headers":true}\r\n'));
    await connection.flush();
    return connection;
  }

  /** Hears of every message on a subject. */
  subscribe(subject: string, onMessage: OnFloorMessage): void {
    const sid = String(this.#nextSid++);
    this.#onMessage.set(sid, onMessage);
    this.#write(Buffer.from(`SUB ${subject} ${sid}\r\n`));
  }

  /** Sends a message; `head` holds a whole NATS header block, if there is one. */
  publish(subject: string, payload: Uint8Array, reply: string = "", head: string = ""): void {
    const to = reply === "" ? subject : `${subject} ${reply}`;
    const line = head === ""
      ? `PUB ${to} ${payload.length}\r\n`
      : `HPUB ${to} ${head.length} ${head.length + payload.length}\r\n${head}`;
    this.#write(Buffer.from(line, "latin1"), payload as Buffer, LINE_END);
  }

  /** Resolves when the server has taken everything so far. */
  flush(): Promise<void> {
    const pong = new Promise<void>((resolve) => this.#onPong.push(resolve));
    this.#write(Buffer.from("PING\r\n"));
    return pong;
  }

  /** Closes the socket. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#socket.once("close", () => resolve());
      this.#socket.destroy();
    });
  }

  #write(...parts: Buffer[]): void {
    this.#outgoing.push(...parts);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#schedule();
  }

  /** Writes when a pass through the microtasks has brought nothing more. */
  #schedule(): void {
    const { length } = this.#outgoing;
    queueMicrotask(() => {
      if (this.#outgoing.length !== length) return this.#schedule();
      const bytes = Buffer.concat(this.#outgoing);
      this.#outgoing = [];
      this.#isScheduled = false;
      this.#socket.write(bytes);
    });
  }

  #take(data: Buffer): void {
    const bytes = this.#rest === undefined ? data : Buffer.concat([this.#rest, data]);
    let at = 0;
    while (at < bytes.length) {
      const next = this.#takeOne(bytes, at);
      if (next === undefined) break;
      at = next;
    }
    this.#rest = at < bytes.length ? bytes.subarray(at) : undefined;
  }

  /** Takes one operation; tells where the next one begins, or nothing if it is not complete. */
  #takeOne(bytes: Buffer, at: number): number | undefined {
    const end = bytes.indexOf(10, at);
    if (end === -1) return undefined;
    const line = bytes.toString("latin1", at, end - 1);
    if (line.startsWith("MSG ")) return this.#takeMessage(bytes, end + 1, line.split(" "), 0);
    if (line.startsWith("HMSG ")) return this.#takeMessage(bytes, end + 1, line.split(" "), 1);
    if (line === "PING") this.#write(Buffer.from("PONG\r\n"));
    else if (line === "PONG") this.#onPong.shift()?.();
    else if (line.startsWith("-ERR")) throw new Error(`The server says ${line}`);
    return end + 1;
  }

  /** `MSG subject sid [reply] size`, and for `HMSG` the size of the headers before the last. */
  #takeMessage(
    bytes: Buffer,
    start: number,
    words: string[],
    headers: 0 | 1,
  ): number | undefined {
    const size = Number(words.at(-1));
    const end = start + size;
    if (bytes.length < end + LINE_END.length) return undefined;
    const headSize = headers === 1 ? Number(words.at(-2)) : 0;
    const reply = words.length === 5 + headers ? words[3]! : "";
    this.#onMessage.get(words[2]!)?.(bytes.subarray(start + headSize, end), reply, words[1]!);
    return end + LINE_END.length;
  }
}

/** Makes requests over a bare connection; as many may be under way as one likes. */
export function floorRequests(
  connection: FloorConnection,
  inbox: string,
): (subject: string, payload: Uint8Array, head?: string) => Promise<Buffer> {
  const waiting = new Map<string, (payload: Buffer) => void>();
  let count = 0;
  connection.subscribe(`${inbox}.*`, (payload, _reply, subject) => {
    waiting.get(subject)?.(payload);
    waiting.delete(subject);
  });
  return (subject, payload, head) =>
    new Promise((resolve) => {
      // Tokens that come again spare the server its cache of subjects.
      const reply = `${inbox}.${count++ % 65_536}`;
      waiting.set(reply, resolve);
      connection.publish(subject, payload, reply, head);
    });
}
