// A write on TypeORM: transaction(), save() of an entity, which first looks whether it is there; the outbox with insert(),
// because the role may not read there.
import { DataSource, EntitySchema } from "typeorm";
import { carryOutOrders } from "./orders.mjs";
import { joined, newMember, ORGANIZATION } from "./writes_event.mjs";

const uuid = { type: "uuid" };
const text = { type: "text" };
const Member = new EntitySchema({
  name: "Member",
  tableName: "members",
  columns: { member_id: { ...uuid, primary: true }, org_id: uuid, email: text, role: text, run: { type: "integer" } },
});
const Outbox = new EntitySchema({
  name: "Outbox",
  tableName: "outbox",
  columns: {
    event_id: { ...uuid, primary: true },
    exchange: text,
    routing_key: text,
    type: text,
    content_type: text,
    org_id: uuid,
    headers: { type: "jsonb" },
    body: { type: "bytea" },
    purge: { type: "boolean" },
  },
});

const source = new DataSource({
  type: "postgres",
  url: process.env.DATABASE_API_URL,
  schema: "producer",
  poolSize: 8,
  entities: [Member, Outbox],
  installExtensions: false,
  extra: { options: "-c search_path=producer" },
});
await source.initialize();

await carryOutOrders(({ run }) =>
  source.transaction(async (manager) => {
    await manager.query("SELECT set_config('app.org_id', $1, true)", [ORGANIZATION]);
    const member = newMember(run);
    await manager.getRepository(Member).save(member);
    await manager.getRepository(Outbox).insert(joined(member));
  }),
);
