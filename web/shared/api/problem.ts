/** One refused field: `field` is the form's field name, taken from the JSON pointer. */
export interface FieldError {
  field: string;
  message: string;
}

interface ProblemDocument {
  status?: number;
  code?: string;
  title?: string;
  detail?: string | null;
  request_id?: string | null;
  permission?: string | null;
  errors?: { pointer: string; code: string; detail: string }[] | null;
}

/** An answer of the API that is not a success (RFC 9457), or no answer at all (`status` 0). */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: FieldError[];
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** What the reader's role would have to include, where that is why. */
  readonly permission: string | undefined;

  constructor(status: number, document: ProblemDocument, retryAfterSeconds?: number) {
    super(sentence(status, document, retryAfterSeconds));
    this.name = "Problem";
    this.status = status;
    this.code = document.code ?? "unknown";
    this.fields = (document.errors ?? []).map(({ pointer, detail }) => ({ field: fieldOf(pointer), message: capital(detail) }));
    this.requestId = document.request_id ?? undefined;
    this.retryAfterSeconds = retryAfterSeconds;
    this.permission = document.permission ?? undefined;
  }

  /** Whether trying again later may help without changing anything. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const SENTENCES: Record<string, string> = {
  invalid_credentials: "That e-mail and password do not belong together.",
  code_refused: "That code does not fit, or was used already. Wait for the next one and try again.",
  link_unknown: "This link was used already, or a newer mail replaced it.",
  link_expired: "This link has expired.",
  resend_too_soon: "The last mail went out less than a minute ago. Look into your mailbox, also under spam.",
  mfa_enrollment_required: "Your organization asks for two-step sign-in. Set it up, or enter a code, to go on.",
  seats_exhausted: "Every seat of your plan is taken. Remove a member or revoke an invitation to free one.",
  idempotency_key_in_use: "This is still being worked on. Give it a moment, then look again.",
  precondition_failed: "Somebody changed this a moment ago. The latest version is shown now; please try again.",
  authentication_unavailable: "Signing in is briefly unavailable. Nothing is lost; try again in a moment.",
};

function sentence(status: number, document: ProblemDocument, retryAfterSeconds: number | undefined): string {
  const known = SENTENCES[document.code ?? ""];
  if (known) return known;
  if (status === 0) return "The server cannot be reached. Check your connection and try again.";
  if (status === 429) return `Too many tries at once. Wait ${String(retryAfterSeconds ?? 30)} seconds and try again.`;
  if (document.code === "permission_denied") return `Your role does not allow this. ${document.detail ?? ""}`.trim();
  if (status === 403) return document.detail ?? "Your role does not allow this.";
  if (status === 412) return SENTENCES["precondition_failed"] ?? "";
  if (status >= 500) return "Something on our side is not answering. Nothing is lost; try again in a moment.";
  return document.detail ?? document.title ?? "That did not work.";
}

function fieldOf(pointer: string): string {
  return pointer.replace(/^#?\/(body\/)?/, "").replaceAll("/", ".");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Any thrown thing as a sentence for a person. */
export function explain(error: unknown): string {
  return error instanceof Problem ? error.message : "Something unexpected happened. Reload the page and try again.";
}

/** The problem of an answer whose body is read already: `body` is what was in it. */
export function problemOf(response: Response, body: unknown): Problem {
  const retryAfter = Number(response.headers.get("Retry-After") ?? Number.NaN);
  const document: ProblemDocument = typeof body === "object" && body !== null ? body : {};
  return new Problem(response.status, document, Number.isFinite(retryAfter) ? retryAfter : undefined);
}
