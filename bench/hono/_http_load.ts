import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";

/** A request that is sent again and again. */
export interface HttpRequest {
  /** Port on the loopback interface. */
  port: number;
  path: string;
  contentType: string;
  body: Uint8Array;
}

const HEAD_END = Buffer.from("\r\n\r\n");
const LAST_CHUNK = Buffer.from("0\r\n\r\n");

/**
 * Makes one HTTP/1.1 request over and over, each at once on a connection of its own that is kept.
 *
 * It writes bytes that were put together once and reads no more than it must, so that the server has
 * the processor.
 */
export class HttpLoad implements Disposable {
  readonly #request: HttpRequest;
  readonly #bytes: Buffer;
  readonly #idle: HttpConnection[] = [];
  readonly #all: HttpConnection[] = [];

  constructor(request: HttpRequest) {
    const { path, contentType, body } = request;
    this.#request = request;
    const head = [
      `POST ${path} HTTP/1.1`,
      "Host: 127.0.0.1",
      `Content-Type: ${contentType}`,
      `Content-Length: ${body.length}`,
      "\r\n",
    ];
    this.#bytes = Buffer.concat([Buffer.from(head.join("\r\n")), body]);
  }

  /**
   * Makes one request; gives the body of the answer.
   *
   * @throws {Error} If the status is not 200, or the connection ends.
   */
  async call(): Promise<Uint8Array> {
    const connection = this.#idle.pop() ?? this.#open();
    const body = await connection.send(this.#bytes);
    this.#idle.push(connection);
    return body;
  }

  [Symbol.dispose](): void {
    for (const connection of this.#all) connection.close();
  }

  #open(): HttpConnection {
    const connection = new HttpConnection(this.#request.port);
    this.#all.push(connection);
    return connection;
  }
}

/** One connection, with one request at a time. */
class HttpConnection {
  readonly #socket: Socket;
  #received: Buffer | undefined;
  #resolve: (body: Uint8Array) => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(port: number) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.on("data", (data: Buffer) => this.#take(data));
    this.#socket.on("error", (error) => this.#reject(error));
    this.#socket.on("close", () => this.#reject(new Error("The server closed the connection")));
  }

  send(bytes: Buffer): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#socket.write(bytes);
    });
  }

  close(): void {
    this.#reject = () => {};
    this.#socket.destroy();
  }

  #take(data: Buffer): void {
    const received = this.#received === undefined ? data : Buffer.concat([this.#received, data]);
    const body = bodyOf(received);
    this.#received = body === undefined ? received : undefined;
    if (body === undefined) return;
    if (received[9] === 0x32) this.#resolve(body);
    else this.#reject(new Error(`Cannot measure as the server answered\n${received.toString()}`));
  }
}

/** The body of an answer, once it is complete. */
function bodyOf(received: Buffer): Buffer | undefined {
  const end = received.indexOf(HEAD_END);
  if (end === -1) return undefined;
  const start = end + HEAD_END.length;
  const head = received.toString("latin1", 0, end);
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
  if (length !== undefined) {
    return received.length >= start + Number(length) ? received.subarray(start) : undefined;
  }
  return received.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)
    ? received.subarray(start)
    : undefined;
}
