import { Alert, Button } from "@mantine/core";
import { IconCloudOff, IconMapOff } from "@tabler/icons-react";
import { Link, useRouter } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { explain, Problem } from "../../../shared/api/problem";
import { Note } from "../../../shared/ui/note";

/** What a part of a page shows instead of itself when it could not be read. */
export function FailureNote({ error, again }: { error: unknown; again: () => void }) {
  const reference = error instanceof Problem ? error.requestId : undefined;
  return (
    <Note icon={<IconCloudOff />} title="This could not be loaded" alert>
      <p>{explain(error)}</p>
      {reference !== undefined && (
        <p>
          Request <code>{reference}</code>
        </p>
      )}
      <Button variant="default" onClick={again}>
        Try again
      </Button>
    </Note>
  );
}

/** The same for a whole page. */
export function Failure({ error, reset }: { error: unknown; reset?: () => void }) {
  const router = useRouter();
  return (
    <FailureNote
      error={error}
      again={() => {
        reset?.();
        void router.invalidate();
      }}
    />
  );
}

/** A path that leads nowhere. */
export function Nothing() {
  return (
    <main>
      <Note icon={<IconMapOff />} title="There is nothing here">
        <p>
          <Link to="/">Go to the overview</Link>
        </p>
      </Note>
    </main>
  );
}

/** The sentence above a form that was refused. Takes the focus, so that it is heard and not scrolled past. */
export function Refusal({ error }: { error: unknown }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (error !== null && error !== undefined) box.current?.focus();
  }, [error]);
  if (error === null || error === undefined) return null;
  return (
    <Alert ref={box} color="red" variant="light" tabIndex={-1} role="alert">
      {explain(error)}
    </Alert>
  );
}
