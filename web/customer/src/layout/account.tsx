import { useMantineColorScheme, type MantineColorScheme } from "@mantine/core";
import { IconBook, IconCheck, IconDeviceDesktop, IconLogout, IconMoon, IconShieldLock, IconSun, IconUser } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { explain } from "../../../shared/api/problem";
import { useMe } from "../queries/me";
import { leave, useDoors } from "../session/doors";
import { DropItem, DropLabel } from "../ui/drop";
import { toast } from "../ui/toast";
import styles from "./menus.module.css";

const SCHEMES: { value: MantineColorScheme; name: string; Icon: typeof IconSun }[] = [
  { value: "light", name: "Light", Icon: IconSun },
  { value: "dark", name: "Dark", Icon: IconMoon },
  { value: "auto", name: "Like my device", Icon: IconDeviceDesktop },
];

/** Ends the session; says so when the server did not hear of it. */
export function useLogout() {
  const doors = useDoors();
  return useMutation({
    mutationFn: () => leave(doors),
    onError: (error) => {
      toast({ title: "Signed out here, but the server did not answer", text: explain(error), tone: "failure" });
    },
  });
}

/** Who is signed in, how it looks, and the way out. */
export default function Account({ close }: { close: () => void }) {
  const { user } = useMe();
  const logout = useLogout();
  const navigate = useNavigate();
  const go = (to: "/settings/profile" | "/settings/security"): void => {
    close();
    void navigate({ to });
  };
  return (
    <>
      <div className={styles["who"]}>
        <strong>{user.name}</strong>
        <span>{user.email}</span>
      </div>
      <hr className={styles["rule"]} />
      <DropItem icon={<IconUser size={16} />} onClick={() => { go("/settings/profile"); }}>
        Profile
      </DropItem>
      <DropItem icon={<IconShieldLock size={16} />} onClick={() => { go("/settings/security"); }}>
        Sign-in and devices
      </DropItem>
      <hr className={styles["rule"]} />
      <ColourScheme />
      <hr className={styles["rule"]} />
      <DropItem icon={<IconBook size={16} />} onClick={() => { window.location.assign("/docs"); }}>
        API reference
      </DropItem>
      <DropItem icon={<IconLogout size={16} />} disabled={logout.isPending} onClick={() => { logout.mutate(); }}>
        Sign out
      </DropItem>
    </>
  );
}

function ColourScheme() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <>
      <DropLabel>Appearance</DropLabel>
      {SCHEMES.map(({ value, name, Icon }) => (
        <DropItem
          key={value}
          icon={<Icon size={16} />}
          mark={value === colorScheme && <IconCheck size={16} aria-label="chosen" />}
          onClick={() => { setColorScheme(value); }}
        >
          {name}
        </DropItem>
      ))}
    </>
  );
}
