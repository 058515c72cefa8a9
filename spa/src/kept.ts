/**
 * What a view finds again when somebody comes back to it: in memory alone. Gone with a sign-out, as
 * somebody else may sit down at the page, and when what there is to read has changed.
 */
const views = new Map<string, unknown>();

/** What `view` has kept, or else what `make` gives, kept from now on. */
export function kept<T>(view: string, make: () => T): T {
  if (!views.has(view)) views.set(view, make());
  return views.get(view) as T;
}

export function forgetKept(): void {
  views.clear();
}
