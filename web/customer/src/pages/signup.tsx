import { Link, useNavigate } from "@tanstack/react-router";
import { enter, useDoors } from "../session/doors";
import { SignupForm } from "./account-forms";
import { Below, VisitorPage } from "./visitor-form";

export function SignupPage() {
  const doors = useDoors();
  const navigate = useNavigate();
  return (
    <VisitorPage title="Create your account" says="You start as the owner of a new organization and can invite your team right away.">
      <SignupForm
        button="Create account"
        onDone={async (tokens) => {
          enter(doors, tokens);
          await navigate({ to: "/" });
        }}
      />
      <Below>
        Already with us? <Link to="/login">Sign in</Link>. Were you invited? Open the link in the e-mail.
      </Below>
    </VisitorPage>
  );
}
