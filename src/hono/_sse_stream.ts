/** How a stream of server-sent events behaves. */
export interface SseStreamOptions {
  /** How often a comment shows that the stream lives while nothing happens, in milliseconds. */
  readonly heartbeatMs: number;
  /** Bytes that may wait for the reader. */
  readonly maxBufferedBytes: number;
  /** How long an event may wait for a reader that takes nothing, in milliseconds. */
  readonly slowTimeoutMs: number;
  /** Called once, when it has ended for whatever reason. */
  readonly onEnd: () => void;
}

const encoder = /* @__PURE__ */ new TextEncoder();

/** A response body of server-sent events, which holds no more than it may. */
export class SseStream {
  /** The body. */
  readonly body: ReadableStream<Uint8Array>;
  readonly #options: SseStreamOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #isOpen = true;
  #isQuiet = true;
  #wake: (() => void) | undefined;

  constructor(options: SseStreamOptions) {
    this.#options = options;
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#controller = controller),
      pull: () => this.#wake?.(),
      cancel: () => this.#ended(),
    }, new ByteLengthQueuingStrategy({ highWaterMark: options.maxBufferedBytes }));
    this.#timer = setInterval(() => this.#beat(), options.heartbeatMs);
  }

  /** Whether events can be written. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Writes lines, as soon as there is room for them; a reader that takes nothing is let go. */
  async write(text: string): Promise<void> {
    if (this.#isOpen && !this.#hasRoom) await this.#room();
    if (!this.#isOpen) return;
    this.#isQuiet = false;
    this.#controller.enqueue(encoder.encode(text));
  }

  /** Ends it: the reader may come again, and say where it was. */
  end(): void {
    if (!this.#isOpen) return;
    this.#controller.close();
    this.#ended();
  }

  get #hasRoom(): boolean {
    return (this.#controller.desiredSize ?? 0) > 0;
  }

  async #room(): Promise<void> {
    const timer = setTimeout(() => this.end(), this.#options.slowTimeoutMs);
    await new Promise<void>((resolve) => this.#wake = resolve);
    clearTimeout(timer);
    this.#wake = undefined;
  }

  #beat(): void {
    // A reader that is behind has other things to read.
    if (this.#isQuiet && this.#hasRoom) this.#controller.enqueue(encoder.encode(":\n\n"));
    this.#isQuiet = true;
  }

  #ended(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearInterval(this.#timer);
    this.#wake?.();
    this.#options.onEnd();
  }
}

/** Writes one event. A line break in the data begins another line of it. */
export function toSse({ id, name, data }: { id: number; name?: string; data: string }): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`).join("");
  return `id: ${id}\n${name === undefined ? "" : `event: ${name}\n`}${lines}\n`;
}
