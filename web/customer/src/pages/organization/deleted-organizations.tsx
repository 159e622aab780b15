import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Panel } from "../../layout/page";
import { deletedOrganizationsQuery, useRestoreOrganization } from "../../queries/organization";
import { useDoors } from "../../session/doors";
import { explain } from "../../../../shared/api/problem";
import { When } from "../../../../shared/ui/when";
import { toast } from "../../ui/toast";
import styles from "./organization.module.css";

/** Organizations of the reader that can still be had back; nothing where there are none. */
export function DeletedOrganizations() {
  const { api } = useDoors();
  const deleted = useQuery(deletedOrganizationsQuery(api)).data?.items ?? [];
  const restore = useRestoreOrganization();
  if (deleted.length === 0) return null;
  const back = (id: string, name: string): void => {
    restore.mutate(id, {
      onSuccess: () => { toast({ title: `${name} is back`, text: "Switch to it in the menu above." }); },
      onError: (error) => { toast({ title: `${name} was not restored`, text: explain(error), tone: "failure" }); },
    });
  };
  return (
    <Panel title="Deleted organizations">
      {deleted.map(({ id, name, role, restorable_until }) => (
        <div key={id} className={styles["way"]}>
          <div>
            <h3>{name}</h3>
            <p>
              Erased for good <When at={restorable_until} />. {role === "owner" ? "" : "Only an owner can restore it."}
            </p>
          </div>
          {role === "owner" && (
            <Button variant="default" loading={restore.isPending && restore.variables === id} onClick={() => { back(id, name); }}>
              Restore {name}
            </Button>
          )}
        </div>
      ))}
    </Panel>
  );
}
