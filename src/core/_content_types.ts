/** Content type of protobuf's binary form. */
export const PROTOBUF_CONTENT_TYPE = "application/proto";
/** Content type of JSON, protobuf's JSON form included. */
export const JSON_CONTENT_TYPE = "application/json";
/** Content type of UTF-8 text. */
export const TEXT_CONTENT_TYPE = "text/plain";
/** Content type of bytes as they are. */
export const BYTES_CONTENT_TYPE = "application/octet-stream";
