import { Button } from "@mantine/core";
import { IconMapSearch } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { Note } from "../../../shared/ui/note";
import styles from "./not-found.module.css";

export function NotFound() {
  return (
    <main className={styles["page"]}>
      <Note icon={<IconMapSearch />} title="There is no page here">
        <p>The address may be mistyped, or the page has moved.</p>
        <Button variant="default" renderRoot={(props) => <Link {...props} to="/" />}>
          Go to home
        </Button>
      </Note>
    </main>
  );
}
