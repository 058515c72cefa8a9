import "../../styles/forms.css";
import { useEffect, useState } from "preact/hooks";
import type { Failure } from "../../api/client.ts";
import type { Profile } from "../../api/shapes.ts";
import { changeProfile, forgetMe, readProfile } from "../../api/viewer.ts";
import { hasSession } from "../../auth/session.ts";
import { ChangeFailed, ChangeMade, NotRead } from "../../shell/outcome.tsx";
import { Field, type FieldErrors, useFocusOnErrors } from "../../shell/field.tsx";
import type { ViewProps } from "../../shell/frame.tsx";
import { ViewTitle } from "../../shell/link.tsx";
import { EndedNotice } from "../../shell/notice.tsx";
import { currencies, timeZones } from "./choices.ts";

/** What the API takes for a viewer that it keeps nothing of. */
const UNSAID = { currency: "USD", time_zone: "UTC" };

/** What a viewer has chosen, and how they are forgotten. */
export default function ProfileView({ session, state, reader, send, say }: ViewProps) {
  const [profile, setProfile] = useState<Profile | null>(null);
  const [isKnown, setKnown] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [isStale, setStale] = useState(true);
  const [isForgotten, setForgotten] = useState(false);
  const isOpen = hasSession(state);
  useEffect(() => {
    if (!isStale || !isOpen) return;
    setStale(false);
    void readProfile(send).then((answer) => {
      if (answer.kind === "ended") return;
      setKnown(answer.kind === "done");
      setFailure(answer.kind === "done" ? null : answer);
      if (answer.kind === "done") setProfile(answer.value);
    });
  }, [isStale, isOpen, send]);

  const email = profile?.email ?? (state.phase === "signed-in" ? state.name : null);
  return (
    <>
      <div class="notices" role="status">
        {state.phase === "expired" && (
          <EndedNotice asOf={null} session={session} isRefused={state.isRefused} />
        )}
      </div>
      <ViewTitle title="Profile" tab="Profile" />
      {email !== null && <p class="small">Signed in as {email}</p>}
      {failure && (
        <NotRead
          failure={failure}
          again={() => {
            setFailure(null);
            setStale(true);
          }}
          say={say}
        />
      )}
      {!isKnown && failure === null && <p role="status">Opening…</p>}
      {isForgotten && (
        <ChangeMade title="Everything that was kept of you is forgotten">
          <p>
            Your keys are gone from here. They stay valid at the exchange until you delete them
            there.
          </p>
        </ChangeMade>
      )}
      {isKnown && (
        <>
          <Choices
            profile={profile}
            save={(chosen) => changeProfile(send, profile, chosen)}
            saved={(next) => {
              setProfile(next);
              setForgotten(false);
              reader.changed();
              say("Saved.");
            }}
            reload={() => {
              setStale(true);
            }}
            say={say}
          />
          <Forget
            forget={() => forgetMe(send)}
            forgotten={() => {
              setProfile(null);
              setForgotten(true);
              reader.changed();
            }}
            say={say}
          />
        </>
      )}
    </>
  );
}

interface ChoicesProps {
  profile: Profile | null;
  save: (chosen: typeof UNSAID) => ReturnType<typeof changeProfile>;
  saved: (profile: Profile) => void;
  reload: () => void;
  say: (text: string) => void;
}

function Choices({ profile, save, saved, reload, say }: ChoicesProps) {
  const { currency, time_zone } = profile ?? UNSAID;
  const [chosen, setChosen] = useState({ currency, time_zone });
  const [known, setKnown] = useState(profile);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [isSaving, setSaving] = useState(false);
  const form = useFocusOnErrors<HTMLFormElement>(failure);
  // While rendering, not in an effect: that also runs after the first paint, over what was chosen.
  if (known !== profile) {
    setKnown(profile);
    setChosen({ currency, time_zone });
  }
  const errors: FieldErrors = failure?.kind === "problem" ? failure.errors : {};
  const isAtField = Boolean(errors["currency"] ?? errors["time_zone"]);
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const submit = async () => {
    if (isSaving) return;
    setSaving(true);
    const answer = await save(chosen);
    setSaving(false);
    if (answer.kind === "done") {
      setFailure(null);
      saved(answer.value);
    } else if (answer.kind !== "ended") {
      setFailure(answer);
      if (answer.kind === "problem" && answer.code === "conflict") reload();
    }
  };
  return (
    <section class="panel" aria-labelledby="choices">
      <h2 id="choices">How figures are shown to you</h2>
      {failure && !isAtField && <ChangeFailed failure={failure} say={say} />}
      <form
        ref={form}
        autoComplete="off"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field
          name="currency"
          label="Currency"
          hint="What your holdings are worth is told in it."
          errors={errors}
        >
          {(control) => (
            <select
              {...control}
              value={chosen.currency}
              onChange={(event) => {
                setChosen({ ...chosen, currency: event.currentTarget.value });
              }}
            >
              {currencies(chosen.currency).map(({ code, name }) => (
                <option key={code} value={code}>
                  {name}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field name="time_zone" label="Time zone" hint="Where your day ends." errors={errors}>
          {(control) => (
            <select
              {...control}
              value={chosen.time_zone}
              onChange={(event) => {
                setChosen({ ...chosen, time_zone: event.currentTarget.value });
              }}
            >
              {timeZones(chosen.time_zone, here).map((zone) => (
                <option key={zone} value={zone}>
                  {zone.replaceAll("_", " ")}
                </option>
              ))}
            </select>
          )}
        </Field>
        <p class="row">
          <button type="submit" class="button button-main" aria-disabled={isSaving}>
            {isSaving ? "Saving…" : "Save"}
          </button>
          {here !== chosen.time_zone && (
            <button
              type="button"
              class="button"
              onClick={() => {
                setChosen({ ...chosen, time_zone: here });
              }}
            >
              Take this device’s time zone
            </button>
          )}
        </p>
      </form>
    </section>
  );
}

/** What has to be typed, so that nobody is forgotten by a slip. */
const WORDS = "forget me";

interface ForgetProps {
  forget: () => ReturnType<typeof forgetMe>;
  forgotten: () => void;
  say: (text: string) => void;
}

function Forget({ forget, forgotten, say }: ForgetProps) {
  const [typed, setTyped] = useState("");
  const [failure, setFailure] = useState<Failure | null>(null);
  const [errors, setErrors] = useState<FieldErrors | null>(null);
  const [isBusy, setBusy] = useState(false);
  const form = useFocusOnErrors<HTMLFormElement>(errors);
  const submit = async () => {
    if (isBusy) return;
    if (typed.trim().toLowerCase() !== WORDS) {
      setErrors({ confirm: [`Type “${WORDS}” to go on.`] });
      return;
    }
    setErrors(null);
    setFailure(null);
    setBusy(true);
    const answer = await forget();
    setBusy(false);
    if (answer.kind === "done") {
      setTyped("");
      forgotten();
    } else if (answer.kind !== "ended") setFailure(answer);
  };
  return (
    <section class="panel" aria-labelledby="forget">
      <h2 id="forget">Forget me</h2>
      <p>
        This forgets at once, and for good: all your connections with their keys, the last figures
        read of them, what is kept of their past, and your choices above. Your sign-in stays, and
        nothing changes at any exchange: delete your keys there too.
      </p>
      {failure && <ChangeFailed failure={failure} say={say} />}
      <form
        ref={form}
        autoComplete="off"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field name="confirm" label={`Type “${WORDS}”`} errors={errors ?? {}}>
          {(control) => (
            <input
              {...control}
              type="text"
              autoComplete="off"
              spellcheck={false}
              value={typed}
              onInput={(event) => {
                setTyped(event.currentTarget.value);
              }}
            />
          )}
        </Field>
        <p class="row">
          <button type="submit" class="button button-bad" aria-disabled={isBusy}>
            {isBusy ? "Forgetting…" : "Forget everything of me"}
          </button>
        </p>
      </form>
    </section>
  );
}
