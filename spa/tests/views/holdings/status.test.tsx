import { cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, expect, it, vi } from "vitest";
import type { Answer } from "../../../src/api/client.ts";
import { OpenSession } from "../../../src/auth/session.ts";
import { machineClock } from "../../../src/freshness.ts";
import { Reader } from "../../../src/reading/reader.ts";
import { useStore } from "../../../src/store.ts";
import { FailureNotice } from "../../../src/views/holdings/failure.tsx";
import { StatusCard } from "../../../src/views/holdings/status.tsx";
import { reported, snapshot, source } from "../../samples.ts";

afterEach(cleanup);

function readerOf(answers: Answer[]) {
  const session = new OpenSession();
  const asked: boolean[] = [];
  const reader = new Reader({
    clock: machineClock, // which the page's own ticking reads too
    access: session,
    ask: ({ refresh }) => {
      asked.push(refresh);
      return Promise.resolve(answers.shift() ?? { kind: "network" });
    },
  });
  return { reader, session, asked };
}

const GOOD: Answer = {
  kind: "figures",
  snapshot: snapshot(),
  provenance: reported({ cache: "REFRESH", age: 0 }),
};

function Card({
  reader,
  isOpen = false,
  say,
}: {
  reader: Reader;
  isOpen?: boolean;
  say: (text: string) => void;
}) {
  const reading = useStore(reader.reading);
  return <StatusCard reader={reader} reading={reading} hasSession isOpen={isOpen} say={say} />;
}

it("refreshes once, then says how long the next one waits instead of asking", async () => {
  const { reader, asked } = readerOf([GOOD, GOOD]);
  const said: string[] = [];
  render(<Card reader={reader} say={(text) => said.push(text)} />);
  const button = screen.getByRole("button", { name: /Refresh/ });
  fireEvent.click(button);
  await vi.waitFor(() => {
    expect(said).toEqual(["Read again from Coinbase."]);
  });
  fireEvent.click(button);
  expect(asked).toEqual([true]);
  expect(said[1]).toMatch(/^Refresh is possible again in \d+ s\.$/);
  await vi.waitFor(() => {
    expect(button.getAttribute("aria-disabled")).toBe("true");
  });
});

it("tells how old the figures are, when the next reading is, and of how many accounts", async () => {
  const { reader } = readerOf([{ kind: "figures", snapshot: snapshot(), provenance: reported() }]);
  await reader.read("read");
  const { container } = render(<Card reader={reader} say={() => undefined} />);
  expect(container.textContent).toContain("from Coinbase Exchange · next reading");
  expect(container.textContent).toContain("1 holding in 204 accounts");
  expect(screen.queryByRole("status")).toBeNull();
});

it("shows the oldest of several connections, and opens to each", async () => {
  const list = snapshot({
    sources: [
      source({ as_of: "2026-11-21T09:32:00Z" }),
      source({
        connection_id: "b",
        label: "Home",
        exchange: "coinbase_advanced",
        scope: "No vault.",
      }),
      source({ connection_id: "c", label: "Old", as_of: null, expires_at: null }),
    ],
  });
  const { reader } = readerOf([
    { kind: "figures", snapshot: list, provenance: reported({ age: 125 }) },
  ]);
  await reader.read("read");
  const { container } = render(<Card reader={reader} say={() => undefined} />);
  expect(container.textContent).toContain("Oldest of 2 connections read 2 min ago");
  fireEvent.click(screen.getByRole("button", { name: "3 connections", expanded: false }));
  expect(screen.getAllByRole("listitem").map((item) => item.textContent)).toEqual([
    expect.stringMatching(/^Coinbase Coinbase ExchangeRead \d s ago · 204 accounts/),
    expect.stringMatching(/^Home CoinbaseRead 2 min ago · .*No vault\.Manage Home$/),
    "Old Coinbase ExchangeNever readManage Old",
  ]);
});

it("names no exchange for the demo's sample figures, nor before it knows whose they are", async () => {
  const sample: Answer = {
    kind: "figures",
    snapshot: snapshot({ warnings: [{ code: "demo_mode", detail: "x" }] }),
    provenance: reported(),
  };
  const { reader } = readerOf([sample, sample]);
  const said: string[] = [];
  const { container } = render(<Card reader={reader} isOpen say={(text) => said.push(text)} />);
  const shown: string[] = [];
  const watch = reader.reading.watch(() => shown.push(container.textContent));
  fireEvent.click(screen.getByRole("button", { name: /Refresh/ }));
  await vi.waitFor(() => {
    expect(said).toEqual(["These are the demo’s sample figures."]);
    expect(container.textContent).toContain("Sample figures");
  });
  watch();
  expect([...shown, ...said, container.textContent].join()).not.toContain("Coinbase");
});

it("does not ask to sign in where there is nowhere to do it", async () => {
  const refused: Answer = {
    kind: "problem",
    code: "unauthenticated",
    status: 401,
    detail: "",
    requestId: null,
    retryAfter: null,
    errors: {},
  };
  const { reader, session } = readerOf([refused, refused]);
  await reader.read("read");
  const { failure } = reader.reading.value;
  if (!failure) throw new Error("no failure");
  render(
    <FailureNotice
      failure={failure}
      reader={reader}
      reading={reader.reading.value}
      session={session}
      say={() => undefined}
    />,
  );
  expect(document.body.textContent).toContain("config.json");
  expect(document.body.textContent).not.toContain("Sign in again");
});
