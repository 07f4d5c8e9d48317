import type { PendingCall } from "./_pending_call.ts";

const SMALLEST = 256;

/**
 * The pending calls by their number.
 *
 * Numbers are never used twice, so that a late reply finds nothing. The low bits of a number are its
 * place in the array; a number whose place is taken is skipped, and the array is kept half empty, so
 * that there is less than one skip per call.
 */
export class CallTable {
  #places: (PendingCall | undefined)[] = emptyPlaces(SMALLEST);
  #last = 0;
  #size = 0;

  /** How many calls are pending. */
  get size(): number {
    return this.#size;
  }

  /** Gives a call its number and keeps it. */
  add(call: PendingCall): void {
    if (this.#size * 2 >= this.#places.length) this.#grow();
    const places = this.#places;
    const mask = places.length - 1;
    let id = this.#last + 1;
    while (places[id & mask] !== undefined) id++;
    call.id = this.#last = id;
    places[id & mask] = call;
    this.#size++;
  }

  /** The call of a number; undefined if it is not pending any more. */
  find(id: number): PendingCall | undefined {
    const call = this.#places[id & (this.#places.length - 1)];
    return call !== undefined && call.id === id ? call : undefined;
  }

  /** Removes a call; whether it was still pending. */
  delete(call: PendingCall): boolean {
    const place = call.id & (this.#places.length - 1);
    if (this.#places[place] !== call) return false;
    this.#places[place] = undefined;
    this.#size--;
    return true;
  }

  /** Whether a call is still pending. */
  has(call: PendingCall): boolean {
    return this.#places[call.id & (this.#places.length - 1)] === call;
  }

  /** Removes the calls that fulfil a condition, the oldest first. */
  takeAll(condition: (call: PendingCall) => boolean): PendingCall[] {
    const taken: PendingCall[] = [];
    for (const call of this.#places) {
      if (call !== undefined && condition(call)) taken.push(call);
    }
    for (const call of taken) this.delete(call);
    return taken.sort((left, right) => left.id - right.id);
  }

  /** The earliest deadline; infinite if there is none. */
  earliestDeadline(): number {
    let earliest = Infinity;
    for (const call of this.#places) {
      if (call !== undefined && call.deadline < earliest) earliest = call.deadline;
    }
    return earliest;
  }

  /** Gives back the memory of a past rush, if nothing is pending. */
  shrink(): void {
    if (this.#size === 0 && this.#places.length > SMALLEST) this.#places = emptyPlaces(SMALLEST);
  }

  #grow(): void {
    const calls = this.#places;
    this.#places = emptyPlaces(calls.length * 2);
    const mask = this.#places.length - 1;
    // Different places before are different places after: the new mask only adds a bit.
    for (const call of calls) if (call !== undefined) this.#places[call.id & mask] = call;
  }
}

function emptyPlaces(length: number): (PendingCall | undefined)[] {
  return new Array<PendingCall | undefined>(length).fill(undefined);
}
