/**
 * Makes message ids: 96 random bits for each maker, then a count.
 *
 * Randomness is drawn with the first id, since some runtimes forbid it while modules load.
 */
export class MessageIds {
  #prefix = "";
  #count = 0;

  /** An id that no other maker makes, in any process. */
  next(): string {
    if (this.#prefix === "") this.#prefix = `${randomText()}-`;
    return this.#prefix + (this.#count++).toString(36);
  }
}

function randomText(): string {
  const text = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(12))));
  return text.replaceAll("+", "_").replaceAll("/", "-");
}
