import { Button } from "@mantine/core";
import type { Me } from "../api/client";
import { useSwitchOrganization } from "./switch-organization";

/** Where somebody could go who is in no organization right now. */
export function OtherOrganizations({ organizations }: { organizations: Me["organizations"] }) {
  const change = useSwitchOrganization();
  return organizations.map(({ id, name }) => (
    <Button key={id} variant="default" loading={change.isPending} onClick={() => { change.mutate(id); }}>
      Continue in {name}
    </Button>
  ));
}
