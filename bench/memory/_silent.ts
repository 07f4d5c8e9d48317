/** A service that is subscribed to and never answers. */
export const SILENT_SERVICE = "silent.v1.SilentService";
/** Its only method. */
export const SILENT_METHOD = "wait";
/** The subject of that. */
export const SILENT_SUBJECT: string = `rpc.${SILENT_SERVICE}.${SILENT_METHOD}`;
