import "../../styles/forms.css";
import "../../styles/ranges.css";
import "./history.css";
import { isDay } from "../../days.ts";
import type { ViewProps } from "../../shell/frame.tsx";
import { EndedNotice } from "../../shell/notice.tsx";
import { Past } from "./past.tsx";
import { StatementView } from "./statement.tsx";

/** The value of all days, or what was held at the end of one: "/history/2026-11-25". */
export default function HistoryView(props: ViewProps) {
  const { session, state, path } = props;
  const date = path.replace(/\/+$/, "").slice("/history/".length);
  return (
    <>
      <div class="notices" role="status">
        {state.phase === "expired" && (
          <EndedNotice asOf={null} session={session} isRefused={state.isRefused} />
        )}
      </div>
      {isDay(date) ? <StatementView {...props} date={date} /> : <Past {...props} />}
    </>
  );
}
