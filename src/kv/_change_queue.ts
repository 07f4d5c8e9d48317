/** The latest change of each key that one reader has not taken yet. */
export class ChangeQueue<Change> {
  #changes = new Map<string, Change>();
  #wake = () => {};
  #end: { readonly error: Error | undefined } | undefined;

  /** Adds a change, in place of an older one of the same key. */
  add(key: string, change: Change): void {
    this.#changes.delete(key);
    this.#changes.set(key, change);
    this.#wake();
  }

  /** Ends the reader's loop when it has taken what there is. */
  end(error: Error | undefined): void {
    this.#end = { error };
    this.#wake();
  }

  /** Gives what has come, again and again until the signal aborts. */
  async *batches(signal: AbortSignal): AsyncGenerator<readonly Change[]> {
    const onAbort = () => this.#wake();
    signal.addEventListener("abort", onAbort);
    try {
      while (!signal.aborted) {
        if (this.#changes.size > 0) yield this.#take();
        else if (this.#end === undefined) await this.#wait();
        else if (this.#end.error !== undefined) throw this.#end.error;
        else return;
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  #take(): Change[] {
    const changes = [...this.#changes.values()];
    this.#changes = new Map();
    return changes;
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }
}
