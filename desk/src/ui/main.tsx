import { render } from "preact";

render(<p>EMC desk</p>, document.getElementById("desk")!);
