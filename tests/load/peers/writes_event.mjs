// A member who joins, and the event that says so: what both Node writers put into a row and into the outbox.
import { v7 as uuid } from "uuid";

export const ORGANIZATION = uuid();
const INVITER = uuid();
const CORRELATION = uuid();

export function newMember(run) {
  const id = uuid();
  return { member_id: id, org_id: ORGANIZATION, email: `${id}@example.com`, role: "member", run };
}

/** A row of the outbox, with a CloudEvents body. */
export function joined(member) {
  const id = uuid();
  const now = new Date().toISOString();
  const body = {
    specversion: "1.0",
    id,
    source: "/services/producer",
    type: "member.joined",
    dataschema: "https://objectalabs.dev/schemas/member.joined/v1",
    datacontenttype: "application/json",
    time: now,
    subject: member.member_id,
    orgid: member.org_id,
    sequence: 1,
    actor: `user:${INVITER}`,
    correlationid: CORRELATION,
    data: {
      membership_id: member.member_id,
      organization_id: member.org_id,
      user_id: member.member_id,
      email: member.email,
      name: "A Person",
      role: member.role,
      state: "active",
      invited_by: INVITER,
      joined_at: now,
    },
  };
  return {
    event_id: id,
    exchange: "events",
    routing_key: "member.joined",
    type: "member.joined",
    content_type: "application/cloudevents+json",
    org_id: member.org_id,
    headers: {},
    body: Buffer.from(JSON.stringify(body)),
    purge: false,
  };
}
