import { useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";

type LinkPage = "/invitations/accept" | "/reset-password" | "/verify-email" | "/restore-email";

/** Takes the token out of the address, so that it stays in no history, bookmark or screenshot; memory holds it from here. */
export function useTokenFromAddress(page: LinkPage): string | null {
  const hash = useLocation({ select: (location) => location.hash });
  const navigate = useNavigate();
  const given = new URLSearchParams(hash).get("token");
  const [token, setToken] = useState(given);
  if (given !== null && given !== token) setToken(given);
  useEffect(() => {
    if (given !== null) void navigate({ to: page, hash: "", replace: true });
  }, [given, navigate, page]);
  return token;
}
