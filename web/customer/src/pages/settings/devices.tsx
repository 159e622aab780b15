import { Button } from "@mantine/core";
import { IconDeviceDesktop, IconTerminal2 } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Device } from "../../api/client";
import { Panel } from "../../layout/page";
import { devicesQuery, useSignOutDevice, useSignOutOthers } from "../../queries/account";
import { useDoors } from "../../session/doors";
import { FailureNote } from "../../ui/failure";
import { toast } from "../../ui/toast";
import { explain } from "../../../../shared/api/problem";
import { Loading } from "../../../../shared/ui/loading";
import { When } from "../../../../shared/ui/when";
import styles from "./settings.module.css";

/** Where the reader is signed in, and the way to end that. */
export default function Devices() {
  const { api } = useDoors();
  const devices = useInfiniteQuery(devicesQuery(api));
  const known = devices.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title="Devices" aside={known.length > 1 && <SignOutOthers />}>
      {devices.isPending && <Loading />}
      {devices.isError && !devices.data && <FailureNote error={devices.error} again={() => void devices.refetch()} />}
      <ul className={styles["list"]}>
        {known.map((device) => (
          <DeviceRow key={device.id} device={device} />
        ))}
      </ul>
      {devices.hasNextPage && (
        <Button className={styles["more"] ?? ""} variant="default" loading={devices.isFetchingNextPage} onClick={() => void devices.fetchNextPage()}>
          Show more
        </Button>
      )}
    </Panel>
  );
}

function SignOutOthers() {
  const others = useSignOutOthers();
  const end = (): void => {
    others.mutate(undefined, {
      onSuccess: () => { toast({ title: "Every other device was signed out" }); },
      onError: (error) => { toast({ title: "The other devices were not signed out", text: explain(error), tone: "failure" }); },
    });
  };
  return (
    <Button variant="default" size="compact-sm" loading={others.isPending} onClick={end}>
      Sign out all others
    </Button>
  );
}

function DeviceRow({ device }: { device: Device }) {
  const out = useSignOutDevice();
  const Icon = device.client === "api" ? IconTerminal2 : IconDeviceDesktop;
  const end = (): void => {
    out.mutate(device.id, {
      onSuccess: () => { toast({ title: `${device.device} was signed out` }); },
      onError: (error) => { toast({ title: `${device.device} was not signed out`, text: explain(error), tone: "failure" }); },
    });
  };
  return (
    <li className={styles["device"]}>
      <Icon size={22} stroke={1.6} aria-hidden />
      <div>
        <p className={styles["name"]}>
          {device.device}
          {device.current && <span className={styles["here"]}>This device</span>}
        </p>
        <p className={styles["small"]}>
          {device.address !== "" && <>From {device.address}. </>}Last used <When at={device.used_at} />, signed in <When at={device.created_at} />.
        </p>
      </div>
      {!device.current && (
        <Button variant="default" size="compact-sm" loading={out.isPending} aria-label={`Sign out ${device.device}`} onClick={end}>
          Sign out
        </Button>
      )}
    </li>
  );
}
