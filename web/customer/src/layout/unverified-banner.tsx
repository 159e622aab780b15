import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { unwrap } from "../api/client";
import { explain } from "../../../shared/api/problem";
import { useMe } from "../queries/me";
import { useDoors } from "../session/doors";
import { toast } from "../ui/toast";
import styles from "./unverified-banner.module.css";

/** Says that the address is not proven yet, until it is. */
export default function UnverifiedBanner() {
  const { user } = useMe();
  const { api } = useDoors();
  const send = useMutation({
    mutationFn: () => unwrap(api.POST("/v1/auth/verify-email/resend")),
    onSuccess: () => { toast({ title: "A new mail is on its way", text: `Open the link in the mail to ${user.email}.` }); },
    onError: (error) => { toast({ title: "The mail was not sent again", text: explain(error), tone: "failure" }); },
  });
  return (
    <aside className={styles["banner"]} aria-label="Your address">
      <p>
        Confirm that <strong>{user.email}</strong> is yours: open the link in the mail we sent you.
      </p>
      <Button variant="default" size="compact-sm" loading={send.isPending} onClick={() => { send.mutate(); }}>
        Send again
      </Button>
    </aside>
  );
}
