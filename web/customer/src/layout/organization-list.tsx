import { IconCheck, IconCode, IconHistory, IconKey, IconPlus, IconRobot, IconSettings, IconShieldCheck } from "@tabler/icons-react";
import type { Permission } from "../api/client";
import { useNavigate } from "@tanstack/react-router";
import { useMe } from "../queries/me";
import { DropItem, DropLabel } from "../ui/drop";
import { Logo } from "../ui/logo";
import styles from "./menus.module.css";
import { useSwitchOrganization } from "./switch-organization";

type Place =
  | "/organizations/new"
  | "/activity"
  | "/organization"
  | "/settings/single-sign-on"
  | "/settings/roles"
  | "/settings/api-keys"
  | "/settings/service-accounts";

/** Where else one could go, and what there is to see about this organization. */
export default function OrganizationList({ close }: { close: () => void }) {
  const { organization, organizations } = useMe();
  const navigate = useNavigate();
  const change = useSwitchOrganization();
  const go = (id: string): void => {
    if (id !== organization?.id) change.mutate(id);
    close();
  };
  const visit = (to: Place): void => {
    close();
    void navigate({ to });
  };
  return (
    <>
      <DropLabel>Your organizations</DropLabel>
      {organizations.map(({ id, name, logo_url, role_name }) => (
        <DropItem key={id} icon={<Logo url={logo_url} />} hint={role_name} mark={id === organization?.id && <IconCheck size={16} aria-label="current" />} onClick={() => { go(id); }}>
          {name}
        </DropItem>
      ))}
      <hr className={styles["rule"]} />
      {organization && <Places visit={visit} />}
      <DropItem icon={<IconPlus size={16} />} onClick={() => { visit("/organizations/new"); }}>
        New organization
      </DropItem>
    </>
  );
}

const PLACES: { to: Place; name: string; Icon: typeof IconKey; permission?: Permission }[] = [
  { to: "/organization", name: "Settings", Icon: IconSettings },
  { to: "/activity", name: "Activity", Icon: IconHistory },
  { to: "/settings/roles", name: "Roles", Icon: IconShieldCheck, permission: "roles:read" },
  { to: "/settings/api-keys", name: "API keys", Icon: IconCode, permission: "api_keys:read" },
  { to: "/settings/service-accounts", name: "Service accounts", Icon: IconRobot, permission: "service_accounts:read" },
  { to: "/settings/single-sign-on", name: "Single sign-on", Icon: IconKey, permission: "sso:read" },
];

/** What there is to see about the organization, as far as the reader may. */
function Places({ visit }: { visit: (to: Place) => void }) {
  const { permissions } = useMe();
  const open = PLACES.filter(({ permission }) => permission === undefined || permissions.includes(permission));
  return open.map(({ to, name, Icon }) => (
    <DropItem key={to} icon={<Icon size={16} />} onClick={() => { visit(to); }}>
      {name}
    </DropItem>
  ));
}
