/** Where one is on the page: the part of its address behind the mark. */

import { useEffect, useState } from "preact/hooks";

export function useRoute(): string[] {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const moved = (): void => {
      // a new server, with a token of its own: the page starts again
      if (location.hash.startsWith("#token=")) location.reload();
      else setHash(location.hash);
    };
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  return hash
    .replace(/^#\/?/, "")
    .split("/")
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
}

export function go(to: string): void {
  location.hash = to;
}

export const paths = {
  home: "/",
  look: "/look",
  paper: (key: string, step = "") => `/paper/${encodeURIComponent(key)}${step && `/${step}`}`,
  emc: (chain_id: number, emc: string, screen = "") => `/emc/${chain_id}/${emc}${screen && `/${screen}`}`,
  order: (link: string) => `/order/${link}`,
  pay: (request: string) => `/pay/${encodeURIComponent(request)}`,
};
