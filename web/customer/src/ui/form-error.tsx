import { Alert } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useEffect, useRef } from "react";
import { explain, Problem } from "../../../shared/api/problem";

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
      {explain(error)}
    </Alert>
  );
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
