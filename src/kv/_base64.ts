type Decoder = { fromBase64?(text: string): Uint8Array };

/** Reads base64. Newer runtimes have a fast way, all have `atob()`. */
export function decodeBase64(text: string): Uint8Array {
  return (Uint8Array as Decoder).fromBase64?.(text) ?? decodeSlowly(text);
}

function decodeSlowly(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}
