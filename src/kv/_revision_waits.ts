interface Wait {
  readonly revision: number;
  resolve(): void;
  reject(error: Error): void;
}

/** Promises for the moment at which a revision is reached. */
export class RevisionWaits {
  /** In the order of their revisions. */
  readonly #waits: Wait[] = [];
  #reached = 0;

  /** The revision that is reached. */
  get reached(): number {
    return this.#reached;
  }

  /** Resolves when a revision is reached, in any order. */
  until(revision: number): Promise<void> {
    if (revision <= this.#reached) return Promise.resolve();
    return new Promise((resolve, reject) => {
      // Most waits are for newer revisions than the ones before.
      let index = this.#waits.length;
      while (index > 0 && this.#waits[index - 1]!.revision > revision) index--;
      this.#waits.splice(index, 0, { revision, resolve, reject });
    });
  }

  /** Resolves those who wait for this revision or an older one. */
  reach(revision: number): void {
    this.#reached = Math.max(this.#reached, revision);
    let count = 0;
    while (count < this.#waits.length && this.#waits[count]!.revision <= revision) count++;
    for (const { resolve } of this.#waits.splice(0, count)) resolve();
  }

  /** Rejects all who wait, and begins at 0. */
  reset(error: Error): void {
    this.#reached = 0;
    for (const { reject } of this.#waits.splice(0)) reject(error);
  }
}
