import { lazy, Suspense } from "react";
import { useMe } from "../queries/me";
import { Drop } from "../ui/drop";
import { Initials } from "../ui/person";

const Account = lazy(() => import("./account"));

export function ProfileMenu() {
  const { user } = useMe();
  return (
    <Drop side="end" round label={`Your account: ${user.name}`} title="Your account" button={<Initials name={user.name} />}>
      {(close) => (
        <Suspense>
          <Account close={close} />
        </Suspense>
      )}
    </Drop>
  );
}
