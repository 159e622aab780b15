/** A field that was refused: a JSON pointer into the body or a parameter's name, a stable code, a sentence. */
export interface WrongField {
  pointer: string;
  code: string;
  detail: string;
}

interface Details {
  code?: string;
  detail?: string;
  request_id?: string;
  errors?: WrongField[] | null;
  permission?: string | null;
}

/** A refusal (RFC 9457). `code` is stable and what to decide by; `detail` is for a person; `requestId` is for support. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly requestId: string;
  readonly fields: readonly WrongField[];
  /** The one that was missing, where that is why: `/v1/permissions/explain` says who could give it. */
  readonly permission: string | undefined;
  /** Seconds, where the API says when to come back. */
  readonly retryAfter: number | undefined;

  constructor(response: Response, details: Details) {
    const code = details.code ?? "unexplained";
    const detail = details.detail ?? response.statusText;
    const requestId = details.request_id ?? response.headers.get("X-Request-Id") ?? "";
    super(`${response.status} ${code}: ${detail} (request ${requestId})`);
    this.status = response.status;
    this.code = code;
    this.detail = detail;
    this.requestId = requestId;
    this.fields = details.errors ?? [];
    this.permission = details.permission ?? undefined;
    this.retryAfter = retryAfter(response);
  }

  /** Of an answer that is no success; also where something in between answered without explaining. */
  static async of(response: Response): Promise<ApiProblem> {
    const explained = response.headers.get("Content-Type")?.startsWith("application/problem+json") ?? false;
    return new ApiProblem(response, explained ? ((await response.json()) as Details) : {});
  }
}

/** Seconds of the Retry-After header; the API never sends a date. */
export function retryAfter(response: Response): number | undefined {
  const given = response.headers.get("Retry-After");
  return given !== null && /^\d+$/.test(given) ? Number(given) : undefined;
}
