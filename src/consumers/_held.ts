/** What can be in a {@linkcode HeldList}, which links it to its neighbours there. */
export interface Linked<T> {
  heldBefore: T | undefined;
  heldAfter: T | undefined;
  isHeld: boolean;
}

/** What is held, in the order in which it came. A `Set` would cost a tenth of all that a hook does. */
export class HeldList<T extends Linked<T>> implements Iterable<T> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds one at the end. */
  add(item: T): void {
    item.isHeld = true;
    item.heldBefore = this.#last;
    if (this.#last === undefined) this.#first = item;
    else this.#last.heldAfter = item;
    this.#last = item;
    this.#size++;
  }

  /** Removes one, if it is there. */
  delete(item: T): boolean {
    if (!item.isHeld) return false;
    const { heldBefore: before, heldAfter: after } = item;
    if (before === undefined) this.#first = after;
    else before.heldAfter = after;
    if (after === undefined) this.#last = before;
    else after.heldBefore = before;
    item.heldBefore = item.heldAfter = undefined;
    item.isHeld = false;
    this.#size--;
    return true;
  }

  /** All of them; the current one may be removed meanwhile. */
  *[Symbol.iterator](): Generator<T> {
    for (let item = this.#first; item !== undefined;) {
      const after: T | undefined = item.heldAfter;
      yield item;
      item = after;
    }
  }
}
