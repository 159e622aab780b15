/** A key of an organization (`obk_…`). */
export interface ApiKey {
  apiKey: string;
}

/** A person's sign-in, of a client of kind `api`. `changed` hears of each new pair of tokens: keep them there. */
export interface Session {
  accessToken: string;
  refreshToken?: string | null;
  changed?: (session: Session) => void;
}

export type Credentials = ApiKey | Session;

export function isSession(credentials: Credentials | undefined): credentials is Session {
  return credentials !== undefined && "accessToken" in credentials;
}

export function authorization(credentials: Credentials): string {
  return `Bearer ${isSession(credentials) ? credentials.accessToken : credentials.apiKey}`;
}
