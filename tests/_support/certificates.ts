import "reflect-metadata";
import { Buffer } from "node:buffer";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** A certificate and its key, as PEM and in files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** An authority, and what it has signed; the files are gone when it is disposed of. */
export interface Certificates extends AsyncDisposable {
  readonly ca: Certificate;
  /** For servers at 127.0.0.1 and localhost. */
  readonly server: Certificate;
  /** For a client. */
  readonly client: Certificate;
}

interface Signer {
  readonly keys: CryptoKeyPair;
  readonly certificate: X509Certificate;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 86_400_000;

/** Makes an authority of a test's own, with a certificate for a server and one for a client. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), "shizuku-certificates-"));
  const ca = await issue("test authority", [new BasicConstraintsExtension(true, 1, true)]);
  const [server, client] = await Promise.all([
    issue("server", [
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        { type: "ip", value: "127.0.0.1" },
        { type: "dns", value: "localhost" },
      ]),
    ], ca),
    issue("client", [
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
      new SubjectAlternativeNameExtension([{ type: "email", value: "client@example.com" }]),
    ], ca),
  ]);
  return {
    ca: await store(folder, "ca", ca),
    server: await store(folder, "server", server),
    client: await store(folder, "client", client),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

async function issue(
  name: string,
  extensions: Extension[],
  issuer?: Signer,
): Promise<Signer> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=${name}`,
    issuer: issuer?.certificate.subject ?? `CN=${name}`,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: ALGORITHM,
    extensions,
  });
  return { keys, certificate };
}

async function store(folder: string, name: string, signer: Signer): Promise<Certificate> {
  const cert = signer.certificate.toString("pem");
  const key = toPem(await crypto.subtle.exportKey("pkcs8", signer.keys.privateKey));
  const [certFile, keyFile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  await Promise.all([writeFile(certFile, cert), writeFile(keyFile, key, { mode: 0o600 })]);
  return { cert, key, certFile, keyFile };
}

function toPem(der: ArrayBuffer): string {
  const lines = Buffer.from(der).toString("base64").match(/.{1,64}/g)!.join("\n");
  return `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`;
}
