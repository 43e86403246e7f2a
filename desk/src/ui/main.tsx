import { render } from "preact";
import { App } from "./app.tsx";
import { restore } from "./store.ts";

restore();
render(<App />, document.getElementById("desk")!);
