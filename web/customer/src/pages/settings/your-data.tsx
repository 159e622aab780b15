import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { unwrap } from "../../api/client";
import { save } from "../../queries/save";
import { useDoors } from "../../session/doors";
import { toast } from "../../ui/toast";
import { explain } from "../../../../shared/api/problem";
import styles from "./settings.module.css";

const DeleteMeDialog = lazy(() => import("./delete-me-dialog"));

/** All that is kept about the reader, to take along; and the end of their account. */
export default function YourData() {
  const { api } = useDoors();
  const [asking, setAsking] = useState(false);
  const download = useMutation({
    mutationFn: async () => { save(await unwrap(api.GET("/v1/me/export", { parseAs: "blob" })), "my-data.json"); },
    onError: (error) => { toast({ title: "The download failed", text: explain(error), tone: "failure" }); },
  });
  return (
    <div className={styles["body"]}>
      <p>Your profile, memberships, sign-ins, keys and everything you did, as one JSON file.</p>
      <div className={styles["buttons"]}>
        <Button variant="default" loading={download.isPending} onClick={() => { download.mutate(); }}>
          Download my data
        </Button>
      </div>
      <p>If you end your account you leave every organization, and your name and address are erased at once. Nobody can undo that.</p>
      <div className={styles["buttons"]}>
        <Button color="red" variant="light" onClick={() => { setAsking(true); }}>
          Delete my account…
        </Button>
      </div>
      <Suspense>{asking && <DeleteMeDialog close={() => { setAsking(false); }} />}</Suspense>
    </div>
  );
}
