import { Alert } from "@mantine/core";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { enter, useDoors, useSessionState } from "../session/doors";
import { LoginForm } from "./account-forms";
import { Below, VisitorPage } from "./visitor-form";

export function LoginPage() {
  const doors = useDoors();
  const router = useRouter();
  const state = useSessionState();
  const { next } = useSearch({ from: "/visitor/for-nobody" });
  const ended = state.status === "signed_out" && state.reason === "ended";
  return (
    <VisitorPage title="Sign in">
      {ended && (
        <Alert color="yellow" mt="sm" role="status">
          Your session has ended. Sign in to go on where you were.
        </Alert>
      )}
      <LoginForm
        button="Sign in"
        onDone={(tokens) => {
          enter(doors, tokens);
          router.history.push(next ?? "/");
        }}
      />
      <Below>
        <Link to="/login/sso" search={next === undefined ? {} : { next }}>
          Sign in with SSO
        </Link>
      </Below>
      <Below>
        New here? <Link to="/signup">Create an account</Link>
      </Below>
    </VisitorPage>
  );
}
