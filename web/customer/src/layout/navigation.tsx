import { IconBell, IconChartHistogram, IconCreditCard, IconHome, IconUsers } from "@tabler/icons-react";
import { Link, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { Mark } from "../../../shared/ui/mark";
import styles from "./navigation.module.css";

const PLACES = [
  { to: "/", name: "Home", Icon: IconHome },
  { to: "/members", name: "Members", Icon: IconUsers },
  { to: "/analytics", name: "Analytics", Icon: IconChartHistogram },
  { to: "/billing", name: "Billing", Icon: IconCreditCard },
  { to: "/notifications", name: "Alerts", Icon: IconBell },
] as const;

const QUIET_MS = 4_000;

/** Loads the other pages' code once this one has settled, so that they open at once, also when the connection is gone by then. */
function usePagesAhead(): void {
  const router = useRouter();
  useEffect(() => {
    const timer = setTimeout(() => {
      for (const { to } of PLACES) void router.loadRouteChunk(router.routesByPath[to]);
    }, QUIET_MS);
    return () => { clearTimeout(timer); };
  }, [router]);
}

/** A rail on wide screens, a bar under the thumb on narrow ones. */
export function Navigation() {
  usePagesAhead();
  return (
    <nav className={styles["rail"]} aria-label="Main">
      <div className={styles["brand"]}>
        <Mark />
        <span>ObjectaLabs</span>
      </div>
      <ul className={styles["places"]}>
        {PLACES.map(({ to, name, Icon }) => (
          <li key={to}>
            <Link to={to} className={styles["place"] ?? ""} activeOptions={{ exact: to === "/" }}>
              <Icon size={20} stroke={1.7} aria-hidden />
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
