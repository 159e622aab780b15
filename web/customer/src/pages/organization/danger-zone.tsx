import { Button } from "@mantine/core";
import { lazy, Suspense, useState, type ReactNode } from "react";
import type { Organization } from "../../api/client";
import { Panel } from "../../layout/page";
import { useMe } from "../../queries/me";
import styles from "./organization.module.css";

const TransferDialog = lazy(() => import("./transfer-dialog"));
const LeaveDialog = lazy(() => import("./leave-dialog"));
const DeleteDialog = lazy(() => import("./delete-dialog"));

type Step = "transfer" | "leave" | "delete";

/** What cannot be undone with a click; each step asks once more. */
export function DangerZone({ organization }: { organization: Organization }) {
  const me = useMe();
  const [step, setStep] = useState<Step | null>(null);
  const close = (): void => { setStep(null); };
  const owner = me.role === "owner";
  return (
    <Panel title="Ways out">
      <Way title="Leave" says="You lose access at once; somebody has to invite you again." button={<Button variant="default" onClick={() => { setStep("leave"); }}>Leave…</Button>} />
      {owner && (
        <Way
          title="Hand over ownership"
          says="Another member becomes owner, and you an admin."
          button={<Button variant="default" onClick={() => { setStep("transfer"); }}>Hand over…</Button>}
        />
      )}
      {owner && (
        <Way
          title="Delete this organization"
          says="It stops for everybody at once. For thirty days an owner can restore it; after that it is erased."
          button={<Button color="red" variant="light" onClick={() => { setStep("delete"); }}>Delete…</Button>}
        />
      )}
      {!owner && <p className={styles["hint"]}>Only an owner can hand the organization over or delete it.</p>}
      <Suspense>
        {step === "transfer" && <TransferDialog organization={organization} close={close} />}
        {step === "leave" && <LeaveDialog organization={organization} close={close} />}
        {step === "delete" && <DeleteDialog organization={organization} close={close} />}
      </Suspense>
    </Panel>
  );
}

function Way({ title, says, button }: { title: string; says: string; button: ReactNode }) {
  return (
    <div className={styles["way"]}>
      <div>
        <h3>{title}</h3>
        <p>{says}</p>
      </div>
      {button}
    </div>
  );
}
