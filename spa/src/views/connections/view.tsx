import "../../styles/forms.css";
import "./connections.css";
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Failure } from "../../api/client.ts";
import type { Connection } from "../../api/shapes.ts";
import { listConnections } from "../../api/viewer.ts";
import { hasSession } from "../../auth/session.ts";
import { exchangeName } from "../../exchanges.ts";
import type { Figures } from "../../freshness.ts";
import { NotRead } from "../../shell/outcome.tsx";
import type { ViewProps } from "../../shell/frame.tsx";
import { Link, ViewTitle } from "../../shell/link.tsx";
import { EndedNotice } from "../../shell/notice.tsx";
import { go } from "../../shell/route.ts";
import { useStore } from "../../store.ts";
import { EXCHANGES } from "./key.ts";
import { ManageView, StatusText } from "./manage.tsx";
import { NewView } from "./new.tsx";

/** A viewer's links to exchanges: all of them, one, or one that is to be made. */
export default function ConnectionsView({ session, state, reader, send, path, say }: ViewProps) {
  const { figures } = useStore(reader.reading);
  const [list, setList] = useState<Connection[] | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [tested, setTested] = useState<string | null>(null);
  const [isStale, setStale] = useState(true);
  const isOpen = hasSession(state);
  const reload = useCallback(() => {
    setStale(true);
  }, []);

  useEffect(() => {
    if (!isStale || !isOpen) return;
    setStale(false);
    setFailure(null);
    void listConnections(send).then((answer) => {
      if (answer.kind === "done") setList(answer.value);
      else if (answer.kind !== "ended") setFailure(answer);
    });
  }, [isStale, isOpen, send]);
  // What was tested is said once, not to whoever comes back later.
  useEffect(() => {
    setTested((id) => (id !== null && path === `/connections/${id}` ? id : null));
  }, [path]);

  const put = (connection: Connection) => {
    setList((before) => [
      ...(before ?? []).map((each) => (each.id === connection.id ? connection : each)),
      ...((before ?? []).some(({ id }) => id === connection.id) ? [] : [connection]),
    ]);
    reader.changed();
  };

  const id = path.replace(/\/+$/, "").slice("/connections/".length);
  const connection = list?.find((each) => each.id === id) ?? null;
  return (
    <>
      <div class="notices" role="status">
        {state.phase === "expired" && (
          <EndedNotice asOf={null} session={session} isRefused={state.isRefused} />
        )}
      </div>
      {id === "new" ? (
        <NewView
          send={send}
          made={(made) => {
            put(made);
            setTested(made.id);
            // Whoever went elsewhere while it was tested stays there.
            if (isAt("/connections/new")) go(`/connections/${made.id}`, { replace: true });
            else say(`${made.label} is connected.`);
          }}
          say={say}
        />
      ) : id === "" ? (
        <ListView list={list} failure={failure} figures={figures} reload={reload} say={say} />
      ) : connection && !connection.shared ? (
        <ManageView
          key={id}
          connection={connection}
          figures={figures}
          isTested={tested === id}
          send={send}
          tested={(next) => {
            put(next);
            setTested(next.id);
          }}
          changed={(next) => {
            put(next);
            setTested(null);
          }}
          removed={(gone) => {
            setList((before) => (before ?? []).filter((each) => each.id !== gone.id));
            reader.changed();
            if (isAt(`/connections/${gone.id}`)) go("/connections", { replace: true });
            say(`${gone.label} is removed, and its key forgotten.`);
          }}
          reload={reload}
          say={say}
        />
      ) : (
        <Missing
          isKnown={list !== null}
          isShared={connection !== null}
          failure={failure}
          reload={reload}
          say={say}
        />
      )}
    </>
  );
}

function isAt(path: string): boolean {
  return location.pathname === path;
}

interface ListViewProps {
  list: Connection[] | null;
  failure: Failure | null;
  figures: Figures | null;
  reload: () => void;
  say: (text: string) => void;
}

function ListView({ list, failure, figures, reload, say }: ListViewProps) {
  return (
    <>
      <ViewTitle title="Connections" tab="Connections" />
      {failure && <NotRead failure={failure} again={reload} say={say} />}
      {list === null && failure === null && <p role="status">Opening…</p>}
      {list?.length === 0 && <FirstOne />}
      {list !== null && list.length > 0 && (
        <>
          <p class="row">
            <Link to="/connections/new" class="button button-main">
              Connect an account
            </Link>
          </p>
          <ul class="connections">
            {list.map((connection) => (
              <li key={connection.id} class="panel">
                <h2>
                  {connection.shared ? (
                    connection.label
                  ) : (
                    <Link to={`/connections/${connection.id}`} class="link">
                      {connection.label}
                    </Link>
                  )}
                </h2>
                <p class="small">
                  {exchangeName(connection.exchange)}
                  {connection.key_hint !== "" && ` · key ends in ${connection.key_hint}`}
                </p>
                <p>
                  <StatusText connection={connection} figures={figures} />
                </p>
                {connection.shared && (
                  <p class="small">
                    Seen by everybody who signs in here, and kept by whoever runs this page.
                  </p>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

/** Nothing is connected: the one thing to do, in words for whoever has never done it. */
function FirstOne() {
  return (
    <section class="panel" aria-labelledby="first">
      <h2 id="first">Connect your first account</h2>
      <p>
        Make a key at your exchange that may only view, and bring it here: that takes about three
        minutes. It can neither trade nor move money.
      </p>
      <ul class="ways-in">
        {EXCHANGES.map(({ code, name, who }) => (
          <li key={code}>
            <Link to={`/connections/new?exchange=${code}`} class="button">
              Connect {name}
            </Link>
            <span class="small">{who}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface MissingProps {
  isKnown: boolean;
  isShared: boolean;
  failure: Failure | null;
  reload: () => void;
  say: (text: string) => void;
}

/** Of the address of a connection: it is not known yet, is not there, or is not the viewer's own. */
function Missing({ isKnown, isShared, failure, reload, say }: MissingProps) {
  return (
    <>
      <p class="back">
        <Link to="/connections">Connections</Link>
      </p>
      {failure && <NotRead failure={failure} again={reload} say={say} />}
      {!isKnown && failure === null && <p role="status">Opening…</p>}
      {isKnown && (
        <>
          <ViewTitle
            title={isShared ? "This connection is everybody’s" : "There is no such connection"}
            tab="Connections"
          />
          <p>
            {isShared
              ? "Whoever runs this page keeps it, and can change it."
              : "It may have been removed meanwhile, perhaps in another tab."}
          </p>
        </>
      )}
    </>
  );
}
