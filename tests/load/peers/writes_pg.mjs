// A write on node-postgres: `writes_pg.mjs documented|fewest`. Both prepare their INSERTs; `documented` opens the
// transaction as the documentation does and sets the organization with a statement of its own, `fewest` sends both at once.
import pg from "pg";
import { carryOutOrders } from "./orders.mjs";
import { joined, newMember, ORGANIZATION } from "./writes_event.mjs";

const MEMBER = {
  name: "member",
  text: "INSERT INTO members (member_id, org_id, email, role, run) VALUES ($1, $2, $3, $4, $5)",
};
const OUTBOX = {
  name: "outbox",
  text: `INSERT INTO outbox (event_id, exchange, routing_key, type, content_type, org_id, headers, body, purge)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
};
const BEGIN = {
  documented: async (client) => {
    await client.query("BEGIN");
    await client.query("SELECT set_config('app.org_id', $1, true)", [ORGANIZATION]);
  },
  fewest: (client) => client.query(`BEGIN; SET LOCAL app.org_id = '${ORGANIZATION}'`),
};

const begin = BEGIN[process.argv[2]];
const pool = new pg.Pool({ connectionString: process.env.DATABASE_API_URL, max: 8, options: "-c search_path=producer" });

await carryOutOrders(async ({ run }) => {
  const client = await pool.connect();
  try {
    await begin(client);
    const member = newMember(run);
    await client.query({ ...MEMBER, values: Object.values(member) });
    await client.query({ ...OUTBOX, values: Object.values(joined(member)) });
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
});
