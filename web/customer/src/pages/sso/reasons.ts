const REASONS: Record<string, string> = {
  sso_attempt_unknown: "This sign-in took too long, was used before, or was begun in another browser. Start again here.",
  sso_changed: "Single sign-on was changed while you signed in. Start again.",
  sso_denied: "You did not sign in at your provider.",
  sso_email_missing: "Your provider did not tell us your e-mail address. An administrator of the provider has to release it to us.",
  sso_email_unverified: "Your provider says that your e-mail address is not verified. Verify it there, then try again.",
  sso_email_domain_refused: "Your e-mail address is not in a domain that this organization has verified.",
  sso_not_fresh: "Your provider let you in without asking who you are, or does not say when it asked. You can set a password instead, by “Forgot your password?”.",
  sso_membership_ended: "You no longer belong to this organization. Ask one of its owners for an invitation.",
  sso_linked_otherwise: "This e-mail address belongs to another person of your provider. An owner has to remove that member first.",
  sso_client_refused: "Your provider does not accept our client id and secret. An owner of the organization has to correct them.",
  sso_code_refused: "Your provider did not accept its own answer. Start again.",
  sso_token_refused: "What your provider said about you could not be believed. If it stays like this, tell an owner of the organization.",
  sso_mix_up: "The answer came from another provider than the one you were sent to. Start again, from this page.",
  seats_exhausted: "Every seat of the organization is taken. Ask one of its owners to free one or to add seats.",
};

/** Why a single sign-on ended without a session, for the person who tried. */
export function reasonOf(code: string): string {
  if (code.startsWith("sso_provider_")) return "Your provider did not give a usable answer. Try again in a moment.";
  return REASONS[code] ?? "The sign-in did not work. Try again in a moment.";
}
