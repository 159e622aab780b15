import { lazy, Suspense } from "react";
import { Page } from "../../layout/page";
import { Loading } from "../../../../shared/ui/loading";

const ProfilePanels = lazy(() => import("./profile-panels"));
const SecurityPanels = lazy(() => import("./security-panels"));

/** What others see of the reader, and the address they sign in with. */
export function ProfilePage() {
  return (
    <Page title="Profile" says="Yours in every organization you belong to.">
      <Suspense fallback={<Loading rows={6} />}>
        <ProfilePanels />
      </Suspense>
    </Page>
  );
}

/** How the reader signs in, and where they are signed in. */
export function SecurityPage() {
  return (
    <Page title="Sign-in and devices" says="How you prove that it is you, and where you are signed in.">
      <Suspense fallback={<Loading rows={6} />}>
        <SecurityPanels />
      </Suspense>
    </Page>
  );
}
