import { Panel } from "../../layout/page";
import AboutYou from "./about-you";
import EmailAddress from "./email-address";
import YourData from "./your-data";

/** What others see of the reader, their address, and what is kept about them. */
export default function ProfilePanels() {
  return (
    <>
      <Panel title="About you">
        <AboutYou />
      </Panel>
      <Panel title="E-mail address">
        <EmailAddress />
      </Panel>
      <Panel title="Your data">
        <YourData />
      </Panel>
    </>
  );
}
