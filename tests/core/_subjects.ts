import fc from "fast-check";

/** Tells whether NATS delivers a subject to a filter, written down from its rules as they stand. */
export function matchesNaively(filter: string, subject: string): boolean {
  const [wanted, found] = [filter.split("."), subject.split(".")];
  if (found.includes("")) return false;
  for (const [index, token] of wanted.entries()) {
    if (token === ">") return found.length > index;
    if (index >= found.length || (token !== "*" && token !== found[index])) return false;
  }
  return wanted.length === found.length;
}

/** Tokens of which two are often the same. */
export const token: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("a", "b", "c", "ab") },
  fc.stringMatching(/^[!#%-)+-\-/-=?-z|~$]{1,5}$/),
  fc.constantFrom("ü", "日本", "😀", "$SYS"),
);

/** Templates of one to five tokens, with parameters of different names. */
export const template: fc.Arbitrary<string> = fc.tuple(
  fc.array(fc.oneof(fc.constantFrom("a", "b", "c", "ab"), fc.constant("*")), {
    minLength: 1,
    maxLength: 4,
  }),
  fc.boolean(),
).map(([tokens, hasRest]) => {
  const parts = tokens.map((text, index) => text === "*" ? `{p${index}}` : text);
  return [...parts, ...(hasRest ? ["{rest...}"] : [])].join(".");
});
