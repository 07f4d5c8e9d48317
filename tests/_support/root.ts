/**
 * The folder of the project, on every runtime.
 *
 * @example Read a file of the project
 * ```ts ignore
 * const schema = await readFile(new URL("proto/shizuku/v1/options.proto", ROOT), "utf8");
 * ```
 */
export const ROOT: URL = new URL("../../", import.meta.url);
