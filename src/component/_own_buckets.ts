/** Buckets that an application has beside those of its components; names without the namespace. */
export const OWN_BUCKETS = {
  /** Of all its locks. */
  locks: "locks",
  /** Of the manifests of what runs. */
  manifests: "registry",
  /** Of the descriptors that manifests refer to. */
  descriptors: "descriptors",
} as const;
