// BullMQ: jobs added in bulk after the write, handled with a concurrency of 50, one transaction each.
// `bullmq.mjs write|consume`. It loses events when the process dies between the commit and the addBulk.

import { randomUUID } from "node:crypto";
import { Queue, Worker } from "bullmq";
import pg from "pg";
import { carryOutOrders } from "./orders.mjs";

const redis = new URL(process.env.REDIS_URL);
const connection = { host: redis.hostname, port: Number(redis.port) };
const organization = randomUUID();

const INSERT_MEMBERS = `
INSERT INTO members (member_id, org_id, email, role, run)
SELECT id, $2, id || '@example.com', 'member', $3 FROM unnest($1::uuid[]) AS id`;
const INBOX = `
INSERT INTO inbox (consumer, event_id) VALUES ('consumer', $1) ON CONFLICT DO NOTHING RETURNING event_id`;
const KEEP = `
INSERT INTO people (member_id, org_id, email, role, sequence) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (member_id) DO UPDATE
SET email = excluded.email, role = excluded.role, sequence = excluded.sequence
WHERE people.sequence < excluded.sequence`;

function connect(service) {
  const connectionString = process.env[`${service.toUpperCase()}_URL`];
  return new pg.Pool({ connectionString, max: 8, options: `-c search_path=${service}` });
}

async function inTransaction(pool, work) {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await work(client);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
}

function joined(id) {
  return {
    event_id: randomUUID(),
    sequence: 1,
    membership_id: id,
    organization_id: organization,
    user_id: id,
    email: `${id}@example.com`,
    name: "A Person",
    role: "member",
    state: "active",
    invited_by: organization,
    joined_at: new Date().toISOString(),
  };
}

async function write() {
  const pool = connect("producer");
  const queue = new Queue("members", { connection, defaultJobOptions: { removeOnComplete: true } });
  const one = async ({ run, events }) => {
    const ids = Array.from({ length: events }, () => randomUUID());
    await inTransaction(pool, (client) =>
      client.query({ name: "insert", text: INSERT_MEMBERS, values: [ids, organization, run] }),
    );
    await queue.addBulk(ids.map((id) => ({ name: "member.joined", data: joined(id) })));
  };
  await queue.waitUntilReady();
  await carryOutOrders(one);
}

function consume() {
  const pool = connect("consumer");
  const handle = ({ data }) =>
    inTransaction(pool, async (client) => {
      const fresh = await client.query({ name: "inbox", text: INBOX, values: [data.event_id] });
      if (fresh.rowCount === 0) return;
      const values = [data.membership_id, data.organization_id, data.email, data.role, data.sequence];
      await client.query({ name: "keep", text: KEEP, values });
    });
  const worker = new Worker("members", handle, { connection, concurrency: 50 });
  worker.on("failed", (_job, error) => console.error(error));
  worker.on("error", (error) => console.error(error));
}

await { write, consume }[process.argv[2]]();
