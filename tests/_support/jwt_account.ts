import {
  createAccount,
  createOperator,
  createUser,
  encodeAccount,
  encodeOperator,
  encodeUser,
  fmtCreds,
  type Permissions,
} from "@nats-io/jwt";

/** An account of an operator's, as the tools of NATS make them. */
export interface JwtAccount {
  /** What the server's configuration needs to know. */
  readonly config: string;
  /** Makes a user: the contents of a `.creds` file. */
  credentials(user: string, permissions?: Permissions, seconds?: number): Promise<string>;
}

const UNLIMITED = -1;

/** Makes an operator with one account, which may use JetStream. */
export async function makeJwtAccount(): Promise<JwtAccount> {
  const [operator, account, system] = [createOperator(), createAccount(), createAccount()];
  const name = { operator: "test operator", account: "test account", system: "SYS" };
  const [operatorJwt, accountJwt, systemJwt] = await Promise.all([
    encodeOperator(name.operator, operator, { system_account: system.getPublicKey() }),
    encodeAccount(name.account, account, {
      limits: {
        mem_storage: UNLIMITED,
        disk_storage: UNLIMITED,
        streams: UNLIMITED,
        consumer: UNLIMITED,
        subs: UNLIMITED,
        conn: UNLIMITED,
        leaf: UNLIMITED,
        imports: UNLIMITED,
        exports: UNLIMITED,
        data: UNLIMITED,
        payload: UNLIMITED,
        wildcards: true,
      },
    }, { signer: operator }),
    encodeAccount(name.system, system, {}, { signer: operator }),
  ]);
  return {
    config: `
      operator: "${operatorJwt}"
      system_account: ${system.getPublicKey()}
      resolver: MEMORY
      resolver_preload: {
        ${account.getPublicKey()}: "${accountJwt}"
        ${system.getPublicKey()}: "${systemJwt}"
      }`,
    async credentials(user, permissions, seconds) {
      const keys = createUser();
      const validity = seconds === undefined
        ? {}
        : { exp: Math.floor(Date.now() / 1000) + seconds };
      const jwt = await encodeUser(user, keys, account, permissions ?? {}, validity);
      return new TextDecoder().decode(fmtCreds(jwt, keys));
    },
  };
}
