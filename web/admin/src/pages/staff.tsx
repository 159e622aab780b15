import { useQuery } from "@tanstack/react-query";
import { Loading } from "../../../shared/ui/loading";
import { unwrap } from "../api/client";
import { useDoors } from "../doors";
import { Page, pageStyles as styles, Panel, Tag } from "../layout/page";
import { FailureNote } from "../ui/failure";
import own from "./customer.module.css";

/** Who may enter here. */
export function StaffPage() {
  const { api } = useDoors();
  const staff = useQuery({ queryKey: ["staff"], queryFn: () => unwrap(api.GET("/admin/v1/staff", { params: { query: { limit: 100 } } })) });
  return (
    <Page title="Staff" says="Everybody who may enter the operations platform, and as what.">
      <Panel title="People">
        {staff.isPending && <Loading />}
        {staff.isError && !staff.data && <FailureNote error={staff.error} again={() => void staff.refetch()} />}
        <ul className={styles["list"]}>
          {staff.data?.items.map((person) => (
            <li key={person.id} className={`${styles["row"] ?? ""} ${own["two"] ?? ""}`}>
              <div>
                <div className={styles["strong"]}>{person.name}</div>
                <div className={styles["dim"]}>{person.email}</div>
              </div>
              <Tag tone={person.active ? "good" : "warn"}>{person.active ? person.role : `${person.role}, disabled`}</Tag>
            </li>
          ))}
        </ul>
      </Panel>
    </Page>
  );
}
