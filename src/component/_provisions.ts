import type { AnyComponent } from "./component.ts";
import type { Provider } from "./requirement.ts";

/** What an application provides; each provider is opened once, when it is first needed. */
export class Provisions {
  readonly #provide: Readonly<Record<string, unknown>>;
  readonly #opened = new Map<Provider<unknown>, unknown>();

  constructor(provide: Readonly<Record<string, unknown>>) {
    this.#provide = provide;
  }

  /**
   * What one component requires.
   *
   * @param onOpen Is told how to dispose of what had to be opened.
   */
  async of(
    { requires }: AnyComponent,
    onOpen: (dispose: () => PromiseLike<void> | void) => void,
  ): Promise<object> {
    const provided: Record<string, unknown> = {};
    for (const name of Object.keys(requires)) {
      provided[name] = await this.#valueOf(this.#provide[name], onOpen);
    }
    return Object.freeze(provided);
  }

  async #valueOf(
    given: unknown,
    onOpen: (dispose: () => PromiseLike<void> | void) => void,
  ): Promise<unknown> {
    if (!isProvider(given)) return given;
    if (this.#opened.has(given)) return this.#opened.get(given);
    const value = await given.open();
    this.#opened.set(given, value);
    const { [Symbol.asyncDispose]: later, [Symbol.dispose]: now } = Object(value) as
      & Partial<AsyncDisposable>
      & Partial<Disposable>;
    const dispose = later ?? now;
    if (dispose !== undefined) onOpen(() => dispose.call(value));
    return value;
  }
}

function isProvider(value: unknown): value is Provider<unknown> {
  const { kind, open } = (value ?? {}) as Partial<Provider<unknown>>;
  return kind === "provider" && typeof open === "function";
}
