import { ActionIcon, Button } from "@mantine/core";
import { IconBuilding, IconEraser, IconGauge, IconHistory, IconLogout, IconMailOff, IconUserShield } from "@tabler/icons-react";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { Mark } from "../../../shared/ui/mark";
import { unwrap, type Permission } from "../api/client";
import { useDoors, useMe, type Doors } from "../doors";
import styles from "./shell.module.css";

const PLACES = [
  { to: "/", name: "Overview", Icon: IconGauge, needs: null },
  { to: "/customers", name: "Customers", Icon: IconBuilding, needs: "customers:read" },
  { to: "/dead-letters", name: "Dead letters", Icon: IconMailOff, needs: "deadletters:read" },
  { to: "/erasures", name: "Erasures", Icon: IconEraser, needs: "customers:read" },
  { to: "/audit", name: "Audit log", Icon: IconHistory, needs: "audit:read" },
  { to: "/staff", name: "Staff", Icon: IconUserShield, needs: "staff:read" },
] as const satisfies readonly { to: string; name: string; needs: Permission | null; Icon: typeof IconGauge }[];

async function leave({ api, session }: Doors): Promise<void> {
  await unwrap(api.POST("/admin/v1/auth/logout")).finally(() => {
    session.end(false);
  });
}

/** The frame of every page behind the login. */
export function Shell() {
  return (
    <div className={styles["shell"]}>
      <a className={styles["skip"]} href="#content">
        Skip to the content
      </a>
      <Top />
      <Navigation />
      <Content />
    </div>
  );
}

function Top() {
  const doors = useDoors();
  const me = useMe();
  const out = (): void => void leave(doors);
  return (
    <header className={styles["top"]}>
      <div className={styles["brand"]}>
        <Mark size={26} />
        <span>Operations</span>
      </div>
      <div className={styles["me"]}>
        <div className={styles["who"]}>
          <span className={styles["email"]}>{me?.staff.email}</span>
          <span className={styles["role"]}>{me?.staff.role}</span>
        </div>
        <Button className={styles["wide"] ?? ""} variant="default" size="xs" leftSection={<IconLogout size={16} aria-hidden />} onClick={out}>
          Sign out
        </Button>
        <ActionIcon className={styles["narrow"] ?? ""} variant="default" size={36} aria-label="Sign out" onClick={out}>
          <IconLogout size={18} />
        </ActionIcon>
      </div>
    </header>
  );
}

function Navigation() {
  const me = useMe();
  const places = PLACES.filter(({ needs }) => needs === null || me?.permissions.includes(needs));
  return (
    <nav className={styles["nav"]} aria-label="Main">
      <ul>
        {places.map(({ to, name, Icon }) => (
          <li key={to}>
            <Link to={to} className={styles["place"] ?? ""} activeOptions={{ exact: to === "/", includeSearch: false }}>
              <Icon size={18} stroke={1.7} aria-hidden />
              <span>{name}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Content() {
  const path = useLocation({ select: (location) => location.pathname });
  const content = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) content.current?.focus({ preventScroll: true });
    first.current = false;
  }, [path]);
  return (
    <main id="content" ref={content} tabIndex={-1} className={styles["content"]}>
      <Outlet />
    </main>
  );
}
