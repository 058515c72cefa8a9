/** What a viewer keeps here: connections and a profile. Loaded with the views that show them. */

import type { Send } from "./client.ts";
import {
  type Fields,
  boolean,
  count,
  list,
  moment,
  notice,
  object,
  oneOf,
  optional,
  string,
} from "./check.ts";
import { type Done, checked } from "./done.ts";
import type { Connection, Profile } from "./shapes.ts";
import { STATUSES } from "./snapshot.ts";

/** By the exchange's own names of its fields. */
export type Credential = Readonly<Record<string, string>>;

/** A viewer has at most 20 connections: more pages than this are no list of them. */
const MOST_PAGES = 10;

export async function listConnections(send: Send): Promise<Done<Connection[]>> {
  const connections: Connection[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const query: string = cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
    const answer = checked(await send({ method: "GET", path: `/connections${query}` }), parsePage);
    if (answer.kind !== "done") return answer;
    connections.push(...answer.value.connections);
    cursor = answer.value.next;
    if (cursor === null) break;
  }
  return { kind: "done", value: connections };
}

export interface NewConnection {
  exchange: string;
  label: string;
  credential: Credential;
  accept_rights?: string[];
}

export async function connect(
  send: Send,
  body: NewConnection,
  idempotencyKey: string,
): Promise<Done<Connection>> {
  return checked(
    await send({ method: "POST", path: "/connections", body, idempotencyKey }),
    parseConnection,
  );
}

export async function changeConnection(
  send: Send,
  { id, version }: Connection,
  body: { label?: string; status?: "active" | "paused" },
): Promise<Done<Connection>> {
  return checked(await send({ method: "PATCH", path: pathOf(id), body, version }), parseConnection);
}

export async function replaceKey(
  send: Send,
  { id, version }: Connection,
  body: { credential: Credential; accept_rights?: string[] },
): Promise<Done<Connection>> {
  const path = `${pathOf(id)}/credential`;
  return checked(await send({ method: "PUT", path, body, version }), parseConnection);
}

export async function removeConnection(
  send: Send,
  { id, version }: Connection,
): Promise<Done<null>> {
  return checked(await send({ method: "DELETE", path: pathOf(id), version }), () => null);
}

/** null: nothing is kept of the viewer yet. */
export async function readProfile(send: Send): Promise<Done<Profile | null>> {
  const answer = await send({ method: "GET", path: "/me" });
  if (answer.kind === "problem" && answer.status === 404) return { kind: "done", value: null };
  return checked(answer, parseProfile);
}

export async function changeProfile(
  send: Send,
  seen: Profile | null,
  body: { currency?: string; time_zone?: string; insights?: boolean },
): Promise<Done<Profile>> {
  const version = seen === null ? {} : { version: seen.version };
  return checked(await send({ method: "PATCH", path: "/me", body, ...version }), parseProfile);
}

export async function forgetMe(send: Send): Promise<Done<null>> {
  return checked(await send({ method: "DELETE", path: "/me" }), () => null);
}

function pathOf(id: string): string {
  return `/connections/${encodeURIComponent(id)}`;
}

function parsePage(fields: Fields): { connections: Connection[]; next: string | null } {
  return {
    connections: list(fields, "connections").map((item) =>
      parseConnection(object(item, "connections")),
    ),
    next: optional(fields, "next", string),
  };
}

function parseConnection(fields: Fields): Connection {
  return {
    id: string(fields, "id"),
    exchange: string(fields, "exchange"),
    label: string(fields, "label"),
    status: oneOf(fields, "status", STATUSES),
    shared: boolean(fields, "shared"),
    rights: optional(fields, "rights", rights),
    key_hint: string(fields, "key_hint"),
    created_at: optional(fields, "created_at", moment),
    last_read_at: optional(fields, "last_read_at", moment),
    last_error: optional(fields, "last_error", notice),
    version: count(fields, "version"),
    history: parseProgress(object(fields["history"], "history")),
  };
}

function parseProgress(fields: Fields): Connection["history"] {
  return {
    state: oneOf(fields, "state", ["none", "queued", "running", "done", "failed"] as const),
    reached_back_to: optional(fields, "reached_back_to", string),
    entries: count(fields, "entries"),
  };
}

function rights(fields: Fields, name: string): string[] {
  return list(fields, name).filter((right) => typeof right === "string");
}

function parseProfile(fields: Fields): Profile {
  return {
    email: optional(fields, "email", string),
    currency: string(fields, "currency"),
    time_zone: string(fields, "time_zone"),
    insights: boolean(fields, "insights"),
    created_at: moment(fields, "created_at"),
    version: count(fields, "version"),
  };
}
