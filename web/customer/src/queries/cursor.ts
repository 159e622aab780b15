/** The cursor as a query parameter, absent on the first page. */
export function at(cursor: string | null): { cursor?: string } {
  return cursor === null ? {} : { cursor };
}
