/** The server that `emc desk` runs; absent where the page lies on a static host or a disk. */

import { DeskError, type Provider } from "../core/types.ts";
import { rpcProvider } from "./rpc.ts";

const HEADER = "x-desk-token";
const KEPT = "emc-desk-token";
/** What the fragment of the address that `emc desk` opens begins with. */
const FRAGMENT = /^#token=([0-9a-f]{64})(?:&(.*))?$/;

export interface Home {
  chain_id: number;
  network: string;
  /** The pipe to the chosen network. */
  provider: Provider;
  /** Names of the papers in the folder. */
  files(): Promise<readonly { name: string; size: number }[]>;
  read(name: string): Promise<Uint8Array>;
  /** @throws DeskError server: the name is taken by another file, or not one that it takes */
  write(name: string, text: string): Promise<void>;
}

let found: Promise<Home | null> | null = null;

/** Asks once, with the token of the address's fragment, which is then taken out of the address. */
export function home(): Promise<Home | null> {
  return (found ??= ask());
}

async function ask(): Promise<Home | null> {
  const token = takeToken();
  if (!token) return null;
  const headers = { [HEADER]: token };
  const request = async (path: string, options: RequestInit = {}): Promise<Response> => {
    let answer;
    try {
      answer = await fetch(path, { ...options, headers: { ...headers, ...options.headers } });
    } catch {
      throw new DeskError("server", { status: "" });
    }
    if (!answer.ok) throw new DeskError("server", { status: String(answer.status) });
    return answer;
  };
  let about;
  try {
    about = (await (await request("/api/about")).json()) as { chain_id: number; network: string };
  } catch {
    return null;
  }
  const at = (name: string) => `/api/files/${encodeURIComponent(name)}`;
  return {
    ...about,
    provider: rpcProvider("/api/rpc", headers),
    files: async () => (await (await request("/api/files")).json()) as { name: string; size: number }[],
    read: async (name) => new Uint8Array(await (await request(at(name))).arrayBuffer()),
    write: async (name, text) => {
      await request(at(name), {
        method: "PUT",
        body: text,
        headers: { "content-type": "application/json" },
      });
    },
  };
}

/** From the address, or kept for this tab since. */
function takeToken(): string | null {
  if (!/^http:$/.test(location.protocol)) return null;
  const fragment = FRAGMENT.exec(location.hash);
  if (fragment) {
    sessionStorage.setItem(KEPT, fragment[1]!);
    history.replaceState(null, "", `${location.pathname}${fragment[2] ? `#${fragment[2]}` : ""}`);
  }
  return sessionStorage.getItem(KEPT);
}
