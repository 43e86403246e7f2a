/** How the build writes errors of viem into the page: by their names alone, see build.mjs. */

export const named = (name: string) =>
  class extends Error {
    constructor(said: unknown) {
      super(typeof said === "string" ? said : name);
    }
  };
