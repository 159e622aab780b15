import { Panel } from "../../layout/page";
import ChangePassword from "./change-password";
import Devices from "./devices";
import EverybodysMfa from "./everybodys-mfa";
import Mfa from "./mfa";

/** Password, two-step sign-in, devices, and what the organization asks for. */
export default function SecurityPanels() {
  return (
    <>
      <Panel title="Password">
        <ChangePassword />
      </Panel>
      <Panel title="Two-step sign-in">
        <Mfa />
      </Panel>
      <Devices />
      <EverybodysMfa />
    </>
  );
}
