import type { ComponentChildren } from "preact";
import { Frame } from "./frame.tsx";

interface LandingProps {
  title: string;
  mend: string;
  isFault?: boolean;
  children: ComponentChildren;
}

/** One calm card: there is one thing to read and one thing to do. */
export function Landing({ title, mend, isFault = false, children }: LandingProps) {
  return (
    <Frame>
      <section class="landing" aria-labelledby="landing-title">
        <img src="/icon.svg" alt="" width="48" height="48" />
        <h1 id="landing-title">{title}</h1>
        <p role={isFault ? "alert" : undefined}>{mend}</p>
        {children}
      </section>
    </Frame>
  );
}
