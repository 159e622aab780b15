import { Checkbox } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Permission } from "../../api/client";
import { permissionsQuery } from "../../queries/access";
import { useMe } from "../../queries/me";
import { useDoors } from "../../session/doors";
import { FailureNote } from "../../ui/failure";
import { Loading } from "../../../../shared/ui/loading";
import styles from "./access.module.css";

interface Choice {
  label: string;
  value: Permission[];
  onChange: (value: Permission[]) => void;
  error?: string | undefined;
}

/** Every permission in words, to tick; what the reader does not hold they cannot give, and are told so. */
export function PermissionMatrix({ label, value, onChange, error }: Choice) {
  const { api } = useDoors();
  const me = useMe();
  const permissions = useQuery(permissionsQuery(api));
  if (permissions.isPending) return <Loading rows={4} />;
  if (permissions.isError) return <FailureNote error={permissions.error} again={() => void permissions.refetch()} />;
  return (
    <Checkbox.Group label={label} value={value} error={error} onChange={onChange}>
      <div className={styles["matrix"]}>
        {permissions.data.map(({ permission, description }) => {
          const held = me.permissions.includes(permission);
          return (
            <Checkbox
              key={permission}
              value={permission}
              label={description}
              disabled={!held && !value.includes(permission)}
              description={held ? undefined : "You cannot give this: you may not do it yourself."}
            />
          );
        })}
      </div>
    </Checkbox.Group>
  );
}

/** The words for some permissions, as one list. */
export function PermissionNames({ permissions }: { permissions: Permission[] }) {
  const { api } = useDoors();
  const known = useQuery(permissionsQuery(api));
  const words = permissions.map((one) => known.data?.find(({ permission }) => permission === one)?.description ?? one);
  return (
    <ul className={styles["effects"]}>
      {words.map((word) => (
        <li key={word}>{word}</li>
      ))}
    </ul>
  );
}
