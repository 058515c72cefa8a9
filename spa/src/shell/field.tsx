import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** By field, as the API names it, what is wrong with it. */
export type FieldErrors = Record<string, string[]>;

export interface FieldProps {
  /** The API's name of it: "credential.api_secret". */
  name: string;
  label: string;
  hint?: ComponentChildren;
  errors: FieldErrors;
  /** Given what ties the control to its label, hint and error. */
  children: (control: Control) => ComponentChildren;
}

export interface Control {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean;
}

/** A control with its label above, and below what to know and what is wrong. */
export function Field({ name, label, hint, errors, children }: FieldProps) {
  const id = `field-${name.replaceAll(".", "-")}`;
  const wrong = errors[name] ?? [];
  const isWrong = wrong.length > 0;
  const described = [hint !== undefined && `${id}-hint`, isWrong && `${id}-error`];
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        "aria-describedby": described.filter((part) => part !== false).join(" ") || undefined,
        "aria-invalid": isWrong,
      })}
      {hint !== undefined && (
        <p class="small" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {isWrong && (
        <p class="wrong" id={`${id}-error`}>
          {wrong.join(" ")}
        </p>
      )}
    </div>
  );
}

/** New errors take the focus to the first field in the container that has one. Returns its ref. */
export function useFocusOnErrors<T extends HTMLElement>(errors: object | null): RefObject<T> {
  const container = useRef<T>(null);
  useEffect(() => {
    if (errors === null) return;
    container.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [errors]);
  return container;
}
