import { useCallback, useEffect, useState } from "preact/hooks";
import type { Send } from "../../api/client.ts";
import type { History, ReadPast } from "../../api/history.ts";
import { readHistory } from "../../api/read-history.ts";
import { usePolling } from "./poll.ts";
import { isBeingRead } from "./progress.tsx";

const EVERY_MS = 5000;

/**
 * How far the connections of a history have been read by now. Asked for again and again only while
 * they are being read, with one day of history; `ended` is told when they no longer are.
 */
export function useReads(send: Send, history: History | null, ended: () => void): ReadPast[] {
  const [newer, setNewer] = useState<ReadPast[] | null>(null);
  useEffect(() => {
    setNewer(null);
  }, [history]);
  const reads = newer ?? history?.connections ?? [];
  const day = history?.to ?? "";
  const ask = useCallback(() => {
    void readHistory(send, { from: day, to: day, currency: null }).then((answer) => {
      if (answer.kind !== "done") return;
      setNewer(answer.value.connections);
      if (!answer.value.connections.some(isBeingRead)) ended();
    });
  }, [send, day, ended]);
  usePolling(reads.some(isBeingRead), EVERY_MS, ask);
  return reads;
}
