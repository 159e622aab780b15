/** Hands the browser a file to keep. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has taken the address once the click is over; what it points to may go then.
  setTimeout(() => { URL.revokeObjectURL(link.href); }, 0);
}
