const ZERO = 48;
const DOT = 46;

/**
 * Reads the decimal number that is one token of a subject.
 *
 * @param start Where the token begins.
 * @returns The number, or -1 if the token is anything else.
 */
export function readToken(subject: string, start: number): number {
  let value = 0;
  let index = start;
  for (; index < subject.length; index++) {
    const code = subject.charCodeAt(index);
    if (code === DOT) break;
    const digit = code - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return index > start ? value : -1;
}
