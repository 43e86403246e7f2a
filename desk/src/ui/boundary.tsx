/** What is drawn when a screen fails: words, and a way back. */

import { Component, type ComponentChildren } from "preact";
import { say } from "../i18n/words.ts";
import { Problem, Screen } from "./parts.tsx";
import { paths } from "./route.ts";

export class Useful extends Component<{ children: ComponentChildren }, { error: unknown }> {
  override state = { error: null as unknown };

  static override getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return (
      <Screen title={say("broken")}>
        <Problem error={this.state.error} />
        <p>
          <a class="button" href={`#${paths.home}`} onClick={() => this.setState({ error: null })}>
            {say("home.nav")}
          </a>
        </p>
      </Screen>
    );
  }
}
