/** What JSX is written out as, see build.mjs. */

export { createElement, Fragment } from "preact";
