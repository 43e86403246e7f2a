// Builds the desk into one file: src/emc/desk/desk.html, script and style inside.
//
// node build.mjs          write it
// node build.mjs --check  exit 1 if it is not what would be written
//
// The digest in its foot is the SHA-256 of the whole file with that digest written as 64 zeros.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const MAX_BYTES = 400_000;
const HERE = dirname(fileURLToPath(import.meta.url));
const PAGE = join(HERE, "..", "src", "emc", "desk", "desk.html");

const I18N = join(HERE, "src", "i18n");
/** The catalogue of another language, by the name of its file. */
const OTHER = /src\/i18n\/((?:reasons\.)?)(de|zh)\.ts$/;

/** What a module without imports of its own exports. */
async function loaded(file) {
  const source = readFileSync(join(I18N, file), "utf8");
  const { code } = await transform(source, { loader: "ts" });
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}

/** Keys are in the page once: other languages have their texts in the order of the English ones. */
const catalogues = {
  name: "catalogues",
  setup(steps) {
    steps.onLoad({ filter: OTHER }, async ({ path }) => {
      const [, kind, language] = OTHER.exec(path);
      const from = kind ? "../core/generated.json" : "./en.ts";
      const english = kind
        ? JSON.parse(readFileSync(join(I18N, from), "utf8")).reasons
        : (await loaded("en.ts")).en;
      const texts = (await loaded(`${kind}${language}.ts`))[language];
      const keys = Object.keys(english);
      const wrong = keys.filter((key) => !texts[key] || texts[key].includes("\n"));
      if (wrong.length || keys.length !== Object.keys(texts).length) {
        throw new Error(`${path} and ${from} differ: ${wrong}`);
      }
      const lines = JSON.stringify(keys.map((key) => texts[key]).join("\n"));
      const contents = `import ${kind ? "facts" : "{ en }"} from "${from}";
        const texts = ${lines}.split("\\n");
        const keys = Object.keys(${kind ? "facts.reasons" : "en"});
        export const ${language} = Object.fromEntries(keys.map((key, i) => [key, texts[i]]));`;
      return { contents, loader: "js" };
    });
  },
};

async function bundled(entry) {
  const result = await build({
    absWorkingDir: HERE,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: ["chrome110", "firefox115", "safari16"],
    charset: "utf8",
    legalComments: "none",
    jsx: "automatic",
    jsxImportSource: "preact",
    logLevel: "warning",
    metafile: true,
    plugins: [catalogues],
    // the same wherever the packages lie
    preserveSymlinks: true,
  });
  const [{ inputs }] = Object.values(result.metafile.outputs);
  const used = Object.keys(inputs).filter((path) => inputs[path].bytesInOutput > 0);
  return { text: result.outputFiles[0].text.trim(), inputs: used };
}

/** What others ask who copies their code: their names, and the terms under which they gave it. */
function licences(inputs) {
  const packages = inputs.map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  const named = [...new Set(packages)].filter((name) => name !== undefined).sort();
  const lines = [];
  let terms = "";
  for (const name of named) {
    const text = readFileSync(join(HERE, "node_modules", name, "LICENSE"), "utf8");
    const [owner] = /Copyright .*/.exec(text);
    const granted = text.slice(text.indexOf("Permission is hereby granted")).replace(/\s+/g, " ");
    const plain = granted.replaceAll(/[“”"]/g, "'").trim();
    if (!plain.startsWith("Permission") || (terms && plain !== terms)) {
      throw new Error(`${name} is under other terms than MIT: look at them first`);
    }
    terms = plain;
    lines.push(`${name}: ${owner.trim()}`);
  }
  return `AGPL-3.0-only, but for these, each under MIT:\n${lines.join("\n")}\n${terms}`;
}

const sha256 = (text, encoding) => createHash("sha256").update(text).digest(encoding);

function filled(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

async function page() {
  const { text: script, inputs } = await bundled("src/ui/main.tsx");
  const { text: style } = await bundled("src/ui/style.css");
  // what holds wherever the page lies; `emc desk` sends a narrower one
  const csp = [
    "default-src 'none'",
    `script-src 'sha256-${sha256(script, "base64")}'`,
    `style-src 'sha256-${sha256(style, "base64")}'`,
    "img-src data:",
    // its own server, and the RPC address that the person chose
    "connect-src 'self' https: http://127.0.0.1:* http://localhost:*",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
  const project = readFileSync(join(HERE, "..", "pyproject.toml"), "utf8");
  const version = /^version = "(.*)"$/m.exec(project)[1];
  const template = readFileSync(join(HERE, "src", "page.html"), "utf8");
  const zeros = "0".repeat(64);
  const values = { csp, style, script, version, digest: zeros, licences: licences(inputs) };
  const blank = filled(template, values);
  return blank.replace(`>${zeros}<`, `>${sha256(blank, "hex")}<`);
}

const text = await page();
const size = Buffer.byteLength(text);
if (size > MAX_BYTES) {
  console.error(`desk.html has ${size} bytes, more than ${MAX_BYTES}`);
  process.exit(1);
}
if (process.argv.includes("--check")) {
  let known = "";
  try {
    known = readFileSync(PAGE, "utf8");
  } catch {}
  if (known !== text) {
    console.error("stale: src/emc/desk/desk.html; run `make desk`");
    process.exit(1);
  }
} else {
  mkdirSync(dirname(PAGE), { recursive: true });
  writeFileSync(PAGE, text);
  console.log(`${size} bytes`);
}
