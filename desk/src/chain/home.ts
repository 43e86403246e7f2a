/** The server that `emc desk` runs; absent where the page lies on a static host or a disk. */

import type { Provider } from "../core/types.ts";

export interface Home {
  chain_id: number;
  network: string;
  /** The pipe to the chosen network. */
  provider: Provider;
  /** Names of the papers in the folder. */
  files(): Promise<readonly { name: string; size: number }[]>;
  read(name: string): Promise<Uint8Array>;
  write(name: string, text: string): Promise<void>;
}

/** Asks once, with the token of the address's fragment, which is then taken out of the address. */
export declare function home(): Promise<Home | null>;
