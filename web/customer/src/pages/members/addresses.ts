export const LONGEST_LIST = 100;

/** The addresses in a pasted text, each once: one a line, or separated by commas, semicolons or spaces; `Name <address>` too. */
export function addressesOf(text: string): string[] {
  const found = text
    .split(/[\n,;]+/)
    .flatMap((part) => /<([^<>\s]+)>/.exec(part)?.[1] ?? part.trim().split(/\s+/))
    .filter((word) => word !== "");
  const seen = new Map(found.map((address) => [address.toLowerCase(), address]));
  return [...seen.values()];
}
