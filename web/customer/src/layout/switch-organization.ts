import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { explain } from "../../../shared/api/problem";
import { unwrap } from "../api/client";
import { enter, useDoors } from "../session/doors";
import { toast } from "../ui/toast";

/** Moves this console, in every tab, to another of the person's organizations. */
export function useSwitchOrganization() {
  const doors = useDoors();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (id: string) => unwrap(doors.api.POST("/v1/auth/switch-organization", { body: { organization_id: id } })),
    onSuccess: async (tokens) => {
      enter(doors, tokens);
      await navigate({ to: "/" });
    },
    onError: (error) => {
      toast({ title: "The organization was not switched", text: explain(error), tone: "failure" });
    },
  });
}
