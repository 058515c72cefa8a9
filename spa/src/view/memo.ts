import { Component, type ComponentChildren, h } from "preact";

/** Draws again only when a property is another one: preact/compat has it, with much besides. */
export function memo<P extends object>(view: (props: P) => ComponentChildren) {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const now = this.props as Record<string, unknown>;
      const then = next as Record<string, unknown>;
      return Object.keys({ ...now, ...then }).some(
        (name) => name !== "children" && now[name] !== then[name],
      );
    }

    override render() {
      return h(view as never, this.props);
    }
  };
}
