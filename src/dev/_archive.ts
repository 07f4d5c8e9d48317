import { gunzipSync, inflateRawSync } from "node:zlib";

const TAR_BLOCK = 512;
const ZIP_END = 0x06054b50;
const ZIP_ENTRY = 0x02014b50;
const ZIP_END_SIZE = 22;

/**
 * Reads one file out of a `.tar.gz` or `.zip`, from whichever folder it lies in.
 *
 * @param archive The whole archive.
 * @param archiveName Its name, which tells the format.
 * @param fileName The last part of the path of the wanted file.
 * @throws {Error} If the archive is damaged or has no such file.
 */
export function fileOfArchive(
  archive: Uint8Array,
  archiveName: string,
  fileName: string,
): Uint8Array {
  const file = archiveName.endsWith(".zip")
    ? fileOfZip(archive, fileName)
    : fileOfTar(gunzipSync(archive), fileName);
  if (!file) throw new Error(`${archiveName} holds no file ${fileName}`);
  return file;
}

function fileOfTar(tar: Uint8Array, fileName: string): Uint8Array | undefined {
  for (let at = 0; at + TAR_BLOCK <= tar.length;) {
    const header = tar.subarray(at, at + TAR_BLOCK);
    const size = parseInt(textOf(header, 124, 12), 8) || 0;
    const start = at + TAR_BLOCK;
    const isFile = header[156] === 0 || header[156] === 0x30;
    if (isFile && isNamed(textOf(header, 0, 100), fileName)) {
      if (start + size > tar.length) throw new Error("the tar archive ends too early");
      return tar.subarray(start, start + size);
    }
    at = start + Math.ceil(size / TAR_BLOCK) * TAR_BLOCK;
  }
  return undefined;
}

/** Goes by the directory at the end: only there are the sizes always filled in. */
function fileOfZip(zip: Uint8Array, fileName: string): Uint8Array | undefined {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const end = endOfZip(view);
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (view.getUint32(at, true) !== ZIP_ENTRY) throw new Error("the zip directory is damaged");
    const nameLength = view.getUint16(at + 28, true);
    if (isNamed(textOf(zip, at + 46, nameLength), fileName)) return dataOfZipEntry(view, at);
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return undefined;
}

function endOfZip(view: DataView): number {
  for (let at = view.byteLength - ZIP_END_SIZE; at >= 0; at--) {
    if (view.getUint32(at, true) === ZIP_END) return at;
  }
  throw new Error("the zip archive ends too early");
}

function dataOfZipEntry(view: DataView, entry: number): Uint8Array {
  const method = view.getUint16(entry + 10, true);
  const size = view.getUint32(entry + 20, true);
  const local = view.getUint32(entry + 42, true);
  const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  const data = new Uint8Array(view.buffer, view.byteOffset + start, size);
  if (method === 0) return data;
  if (method === 8) return inflateRawSync(data);
  throw new Error(`the zip archive uses compression method ${method}: only 0 and 8 are known`);
}

function isNamed(path: string, fileName: string): boolean {
  return path.split("/").at(-1) === fileName;
}

function textOf(bytes: Uint8Array, start: number, length: number): string {
  const field = new TextDecoder().decode(bytes.subarray(start, start + length));
  return field.split("\0", 1)[0]!;
}
