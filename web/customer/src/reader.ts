const LOCALE = /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$/;

/** The reader's language as the API takes it (BCP 47 without extensions); English where the browser's is another form. */
export function readerLocale(): string {
  return LOCALE.test(navigator.language) ? navigator.language : "en";
}

/** The reader's IANA time zone. */
export function readerTimeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
