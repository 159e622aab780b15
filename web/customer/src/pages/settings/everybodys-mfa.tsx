import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { unwrap } from "../../api/client";
import { Panel } from "../../layout/page";
import { useAccountChanged } from "../../queries/account";
import { useAllowed, useMe } from "../../queries/me";
import { UNCHANGED } from "../../queries/organization";
import { useDoors } from "../../session/doors";
import { FormError } from "../../ui/form-error";
import { toast } from "../../ui/toast";
import { WhyNot } from "../../ui/why-not";
import styles from "./settings.module.css";

/** Whether the organization asks every member for two-step sign-in. */
export default function EverybodysMfa() {
  const { organization, mfa_enabled } = useMe();
  const { allowed } = useAllowed("organization:update");
  const { api } = useDoors();
  const changed = useAccountChanged();
  const demand = useMutation({
    mutationFn: ({ require_mfa, version }: { require_mfa: boolean; version: number }) =>
      unwrap(api.PATCH("/v1/organization", { params: { header: { "If-Match": `"${String(version)}"` } }, body: { ...UNCHANGED, require_mfa } })),
    onSuccess: ({ require_mfa }) => { toast({ title: require_mfa ? "Every member needs two-step sign-in now" : "Two-step sign-in is everybody's own choice now" }); },
    onSettled: changed,
  });
  if (organization === null) return null;
  const { name, require_mfa, version } = organization;
  const first = !require_mfa && !mfa_enabled;
  return (
    <Panel title={`Everybody in ${name}`}>
      <div className={styles["body"]}>
        <FormError error={demand.error} />
        <p>
          {require_mfa
            ? "Every member needs two-step sign-in here. Whoever has none sets it up before they see anything."
            : "Two-step sign-in is everybody's own choice. You can ask every member for it; whoever has none sets it up before they see anything more here."}
        </p>
        {allowed && !first && (
          <div className={styles["buttons"]}>
            <Button variant="default" loading={demand.isPending} onClick={() => { demand.mutate({ require_mfa: !require_mfa, version }); }}>
              {require_mfa ? "Leave it to each member" : "Ask every member for it"}
            </Button>
          </div>
        )}
        {!allowed && <p className={styles["quiet"]}><WhyNot permission="organization:update" /></p>}
        {allowed && first && <p className={styles["quiet"]}>Set two-step sign-in up for yourself first.</p>}
      </div>
    </Panel>
  );
}
