const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * Tells whether no object in a JSON text has two members of one name, which `JSON.parse()` lets pass.
 *
 * It compares how many members the text has with how many were read: nothing is made for a name, so
 * that it costs a small part of looking at each of them.
 *
 * @param text JSON that could be parsed.
 * @param value What it was parsed to.
 */
export function hasUniqueNames(text: string, value: unknown): boolean {
  return countMembers(text) === countNames(value);
}

/** Counts the colons outside of texts. */
function countMembers(text: string): number {
  let members = 0;
  for (let at = 0; at < text.length; at++) {
    let char = text.charCodeAt(at);
    if (char === COLON) members++;
    else if (char === QUOTE) {
      while ((char = text.charCodeAt(++at)) !== QUOTE) if (char === BACKSLASH) at++;
    }
  }
  return members;
}

/** Counts the members of objects, at any depth. */
function countNames(value: unknown): number {
  let names = 0;
  if (Array.isArray(value)) { for (const item of value) names += countNames(item); }
  else if (value && typeof value === "object") {
    const object = value as Readonly<Record<string, unknown>>;
    for (const name of Object.keys(object)) names += 1 + countNames(object[name]);
  }
  return names;
}
