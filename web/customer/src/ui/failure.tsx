import { Button } from "@mantine/core";
import { IconCloudOff } from "@tabler/icons-react";
import { useRouter } from "@tanstack/react-router";
import { explain, Problem } from "../../../shared/api/problem";
import { Note } from "../../../shared/ui/note";

/** What a page shows instead of itself when it could not be read. */
export function Failure({ error, reset }: { error: unknown; reset?: () => void }) {
  const router = useRouter();
  const again = (): void => {
    reset?.();
    void router.invalidate();
  };
  return <FailureNote error={error} again={again} />;
}

/** The same for a part of a page, with its own way to try again. */
export function FailureNote({ error, again }: { error: unknown; again: () => void }) {
  const reference = error instanceof Problem ? error.requestId : undefined;
  return (
    <Note icon={<IconCloudOff />} title="This could not be loaded" alert>
      <p>{explain(error)}</p>
      {reference !== undefined && (
        <p>
          If it stays like this, tell support the reference <code>{reference}</code>.
        </p>
      )}
      <Button variant="default" onClick={again}>
        Try again
      </Button>
    </Note>
  );
}
