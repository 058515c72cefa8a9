import { render } from "preact";
import { App } from "./view/app.tsx";

const root = document.getElementById("page");
if (!root) throw new Error("index.html has no #page");
root.replaceChildren();
render(<App />, root);
