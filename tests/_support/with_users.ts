/**
 * Configuration of a server that knows users: `admin`, who may do everything and is whoever names
 * nobody, and others with limited rights.
 *
 * @param users Permissions by name, as a server's configuration says them; the password of each is
 * the first letter of its name.
 */
export function withUsers(users: Record<string, string>): string {
  const limited = Object.entries(users).map(([name, permissions]) =>
    `{ user: ${name}, password: ${name[0]}, permissions: { ${permissions} } }`
  );
  return `
    no_auth_user: admin
    authorization {
      users = [
        { user: admin, password: a }
        ${limited.join("\n        ")}
      ]
    }`;
}
