import { useQuery } from "@tanstack/react-query";
import { IconLock } from "@tabler/icons-react";
import { lazy, Suspense } from "react";
import type { Sso } from "../../api/client";
import { Page, Panel } from "../../layout/page";
import { roleName, useAllowed, useMe } from "../../queries/me";
import { ssoQuery } from "../../queries/sso";
import { useDoors } from "../../session/doors";
import { FailureNote } from "../../ui/failure";
import { Loading } from "../../../../shared/ui/loading";
import { Note } from "../../../../shared/ui/note";
import { WhyNot } from "../../ui/why-not";
import { Domains } from "./domains";
import styles from "./sso.module.css";

const ProviderForm = lazy(() => import("./provider-form"));

/** How an organization's people sign in at its own provider. Owners change it, admins see it. */
export function SsoSettingsPage() {
  const { organization } = useMe();
  const reading = useAllowed("sso:read");
  return (
    <Page title="Single sign-on" says={`Let everybody in ${organization?.name ?? "your organization"} sign in at your own identity provider, by OpenID Connect.`}>
      {reading.allowed ? (
        <Settings />
      ) : (
        <Note icon={<IconLock />} title="Owners and admins see this">
          <p><WhyNot permission="sso:read" /></p>
        </Note>
      )}
    </Page>
  );
}

function Settings() {
  const { api } = useDoors();
  const sso = useQuery(ssoQuery(api));
  const { allowed } = useAllowed("sso:update");
  if (sso.isPending) return <Loading rows={4} />;
  if (sso.isError) return <FailureNote error={sso.error} again={() => void sso.refetch()} />;
  return (
    <>
      {!allowed && (
        <p className={styles["limits"]}>
          Only an owner changes this: whoever names the provider decides who can sign in as whom, owners included.
        </p>
      )}
      <Domains sso={sso.data} changeable={allowed} />
      {allowed ? (
        <Suspense fallback={<Loading rows={6} />}>
          <ProviderForm sso={sso.data} key={sso.data.configured ? "set" : "new"} />
        </Suspense>
      ) : (
        <Provider sso={sso.data} />
      )}
    </>
  );
}

function Provider({ sso }: { sso: Sso }) {
  return (
    <Panel title="Provider">
      <dl className={styles["facts"]}>
        <dt>Issuer</dt>
        <dd>{sso.issuer ?? "Not set up"}</dd>
        <dt>Role of people who come in</dt>
        <dd>{sso.default_role_name ?? (sso.default_role ? roleName(sso.default_role) : "None yet")}</dd>
        <dt>Required</dt>
        <dd>{sso.enforced ? "Yes: members of the verified domains use it" : "No"}</dd>
        <dt>Second step</dt>
        <dd>{sso.require_mfa_claim ? "A code here, unless the provider confirms one" : "Left to the provider"}</dd>
      </dl>
    </Panel>
  );
}
