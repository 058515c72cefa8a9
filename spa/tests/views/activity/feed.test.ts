import { expect, it } from "vitest";
import type { Failure } from "../../../src/api/client.ts";
import type { Done } from "../../../src/api/done.ts";
import type { ActivityPage } from "../../../src/api/history.ts";
import type { ActivityQuestion } from "../../../src/api/read-history.ts";
import { Feed } from "../../../src/views/activity/feed.ts";
import { ALL, filterQuery, readFilter } from "../../../src/views/activity/filter.ts";
import { entry } from "../../samples.ts";

type Answer = Done<ActivityPage>;

function page(next: string | null, ...ids: string[]): Answer {
  return { kind: "done", value: { entries: ids.map((id) => entry({ id })), next } };
}

function failing(errors: Record<string, string[]> = {}): Failure {
  const [code, detail] = ["internal_error", ""];
  return { kind: "problem", code, status: 500, detail, requestId: null, retryAfter: null, errors };
}

function feeding(...answers: Answer[]): { feed: Feed; asked: ActivityQuestion[] } {
  const asked: ActivityQuestion[] = [];
  const feed = new Feed({ ...ALL, search: "btc" }, (question) => {
    asked.push(question);
    return Promise.resolve(answers.shift() ?? page(null));
  });
  return { feed, asked };
}

const ids = ({ listed }: Feed) => listed.value.entries.map(({ id }) => id);

it("goes on where the last page ended, until there is no next", async () => {
  const { feed, asked } = feeding(page("b", "1", "2"), page(null, "3"));
  await feed.more();
  await feed.more();
  await feed.more();
  expect(ids(feed)).toEqual(["1", "2", "3"]);
  expect(asked.map(({ cursor, search }) => [cursor, search])).toEqual([
    [null, "btc"],
    ["b", "btc"],
  ]);
  expect(feed.listed.value).toMatchObject({ hasMore: false, isAsking: false });
});

it("lists no entry twice, also where new ones have moved the pages", async () => {
  const { feed } = feeding(page("b", "1", "2"), page(null, "2", "3"));
  await feed.more();
  await feed.more();
  expect(ids(feed)).toEqual(["1", "2", "3"]);
});

it("tells entries of one id apart by their connection", async () => {
  const both = [entry({ id: "1" }), entry({ id: "1", connection_id: "main" })];
  const { feed } = feeding({ kind: "done", value: { entries: both, next: null } });
  await feed.more();
  expect(feed.listed.value.entries).toEqual(both);
});

it("goes through empty pages, but not for ever", async () => {
  const { feed, asked } = feeding(page("b"), page("c"), page("d", "1"));
  await feed.more();
  expect(ids(feed)).toEqual(["1"]);
  expect(asked).toHaveLength(3);

  const endless = feeding(...Array.from({ length: 20 }, () => page("on")));
  await endless.feed.more();
  expect(endless.asked).toHaveLength(10);
  expect(endless.feed.listed.value).toMatchObject({ hasMore: true, isAsking: false });
});

it("asks once at a time", async () => {
  const { feed, asked } = feeding(page("b", "1"));
  await Promise.all([feed.more(), feed.more()]);
  expect(asked).toHaveLength(1);
});

it("keeps what is listed when a page does not come, and goes on with it", async () => {
  const { feed, asked } = feeding(page("b", "1"), failing(), page(null, "2"));
  await feed.more();
  await feed.more();
  expect(feed.listed.value.failure).toEqual(failing());
  expect(ids(feed)).toEqual(["1"]);
  await feed.more();
  expect(ids(feed)).toEqual(["1", "2"]);
  expect(feed.listed.value.failure).toBeNull();
  expect(asked.at(-1)?.cursor).toBe("b");
});

it("starts anew where the API does not know the way on any more", async () => {
  const { feed, asked } = feeding(page("b", "1"), failing({ cursor: ["Unknown."] }));
  await feed.more();
  await feed.more();
  feed.again();
  expect(asked.at(-1)?.cursor).toBeNull();
  expect(ids(feed)).toEqual([]);
});

it("keeps what is looked for in the address, and nothing that makes no sense", () => {
  const query = "?search=a%26b&currency=BTC&kind=fee&from=2026-11-01&to=2026-11-25";
  expect(filterQuery(readFilter(query))).toBe(query);
  expect(filterQuery(readFilter("?from=2026-02-30&to=x&search=+"))).toBe("");
});
