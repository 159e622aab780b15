import { Alert } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useContext, useEffect, useRef } from "react";
import { explain, Problem } from "../../../shared/api/problem";
import type { Permission } from "../api/client";
import { MeContext } from "../queries/me";
import { WhyRefused } from "./why-not";

/**
 * The sentence above a form that was refused. Takes the focus, so that it is heard and not scrolled past. `shown`: the errors that
 * stand at their fields already; then it has nothing to add.
 */
export function FormError({ error, shown = {} }: { error: unknown; shown?: object }) {
  const box = useRef<HTMLDivElement>(null);
  const silent = error === null || error === undefined || Object.keys(shown).length > 0;
  useEffect(() => {
    if (!silent) box.current?.focus();
  }, [silent, error]);
  if (silent) return null;
  return (
    <Alert ref={box} color="red" variant="light" tabIndex={-1} role="alert">
      <Reason error={error} />
    </Alert>
  );
}

/** Where a permission is missing, what the role lacks and who could change that, in the words of a page that does not offer it. */
function Reason({ error }: { error: unknown }) {
  const me = useContext(MeContext);
  const missing = error instanceof Problem ? error.permission : undefined;
  if (me === null || missing === undefined) return explain(error);
  return <WhyRefused permission={missing as Permission} otherwise={explain(error)} />;
}

/** Puts the refused fields' sentences at their inputs and goes to the first of them. Any other refusal is `FormError`'s. */
export function showFieldErrors<T>(form: UseFormReturnType<T>, error: unknown, known: readonly (keyof T & string)[]): void {
  if (!(error instanceof Problem)) return;
  const placed = error.fields.filter(({ field }) => known.includes(field as keyof T & string));
  const errors = Object.fromEntries(placed.map(({ field, message }) => [field, message]));
  form.setErrors(errors);
  goToFirst(form)(errors);
}

/** For the second argument of `form.onSubmit`: puts the focus where something has to be put right. */
export function goToFirst<T>(form: UseFormReturnType<T>): (errors: object) => void {
  return (errors) => {
    const [first] = Object.keys(errors);
    if (first !== undefined) form.getInputNode(first)?.focus();
  };
}
