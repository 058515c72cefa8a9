import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, expect, it } from "vitest";
import type { ViewProps } from "../../src/shell/frame.tsx";
import { isWithin } from "../../src/shell/frame.tsx";
import { Later } from "../../src/shell/later.tsx";
import { Link, ViewTitle } from "../../src/shell/link.tsx";
import { go, usePath } from "../../src/shell/route.ts";

afterEach(cleanup);

function Where() {
  return <p>{usePath()}</p>;
}

it("goes within the page by a press, and leaves to the browser what is its own", async () => {
  render(
    <>
      <Where />
      <Link to="/connections">on</Link>
    </>,
  );
  const link = screen.getByRole("link");
  for (const modifier of [
    { ctrlKey: true },
    { metaKey: true },
    { shiftKey: true },
    { button: 1 },
  ]) {
    let isOurs = false;
    link.addEventListener(
      "click",
      (event) => {
        isOurs = event.defaultPrevented;
        event.preventDefault();
      },
      { once: true },
    );
    fireEvent.click(link, modifier);
    expect(isOurs).toBe(false);
  }
  fireEvent.click(link);
  expect(await screen.findByText("/connections")).toBeDefined();
});

it("names the tab after the view, which takes the focus from whoever came by a link", async () => {
  go("/profile");
  render(<ViewTitle title="Profile" tab="Profile" />);
  await waitFor(() => {
    expect(document.title).toBe("Profile · Holdings");
  });
  expect(document.activeElement).toBe(screen.getByRole("heading"));
});

it("knows a view by its whole first part", () => {
  expect(
    ["/connections", "/connections/a", "/connectionsx", "/"].map((path) =>
      isWithin(path, "/connections"),
    ),
  ).toEqual([true, true, false, false]);
});

it("says when a view does not come", async () => {
  const load = () => Promise.reject(new TypeError("failed to fetch"));
  render(<Later load={load} view={{} as ViewProps} />);
  await waitFor(() => {
    expect(screen.getByRole("alert").textContent).toContain("has not arrived");
  });
});
