// Register, invite, list members page by page, track events. Usage: node examples/tour.ts http://localhost:8080
import { ApiProblem, createClient, every } from "@objectalabs/client";

const client = createClient({ baseUrl: process.argv[2] ?? "http://localhost:8080" });
const someone = (name: string) => `${name}-${crypto.randomUUID().slice(0, 10)}@example.com`;

const { data: tokens } = await client.POST("/v1/auth/register", {
  body: {
    email: someone("ada"),
    password: crypto.randomUUID(),
    name: "Ada Lovelace",
    organization_name: "Analytical Engines",
    client: "api",
  },
});
if (!tokens) throw new Error("no tokens");
client.credentials = { accessToken: tokens.access_token, refreshToken: tokens.refresh_token };

const { data: invitation } = await client.POST("/v1/invitations", { body: { email: someone("charles") } });
console.log(`invited ${invitation?.email} until ${invitation?.expires_at}`);

const members = every((cursor) => client.GET("/v1/members", { params: { query: { limit: 1, ...(cursor && { cursor }) } } }));
for await (const member of members) console.log(`member ${member.name}, ${member.role}`);

const events = ["report.opened", "report.opened", "report.shared"].map((name) => ({ name, id: crypto.randomUUID() }));
const { data: verdicts } = await client.POST("/v1/events", { body: { events } });
console.log(`tracked ${verdicts?.accepted} events`);

try {
  await client.POST("/v1/invitations", { body: { email: "nobody" } });
} catch (error) {
  if (!(error instanceof ApiProblem)) throw error;
  console.log(`refused: ${error.fields[0]?.pointer} ${error.fields[0]?.code}`);
}
