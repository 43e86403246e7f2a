// Builds the desk into one file: src/emc/desk/desk.html, script and style inside.
//
// node build.mjs          write it
// node build.mjs --check  exit 1 if it is not what would be written
//
// The digest in its foot is the SHA-256 of the whole file with that digest written as 64 zeros.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const MAX_BYTES = 400_000;
const HERE = dirname(fileURLToPath(import.meta.url));
const PAGE = join(HERE, "..", "src", "emc", "desk", "desk.html");

const SOURCES = join(HERE, "src");
const I18N = join(SOURCES, "i18n");
const FACTS = join(SOURCES, "core", "generated.json");
/** A catalogue, by the name of its file. */
const CATALOGUE = /src\/i18n\/((?:reasons\.)?)(en|de|zh)\.ts$/;
/** A text that is asked for by its whole key, or a key of several parts, which nothing else looks like. */
const ASKED = /(\b(?:say|tell)\(\s*)"([\w.-]+)"|()(?<!\b(?:count|worded)\(\s*)"([\w-]+\.[\w.-]+)"/g;
/** Where keys stand for texts; elsewhere the same words are names of fields. */
const SPOKEN = /src\/(ui|i18n|wallet)\/\w+\.tsx?$/;

/** What a module without imports of its own exports. */
async function loaded(file) {
  const source = readFileSync(join(I18N, file), "utf8");
  const { code } = await transform(source, { loader: "ts" });
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}

/**
 * Short names in the page for keys that the sources only ask for whole. A key that is named in any
 * other way, or begins as one that is put together, keeps its name.
 */
function shortened(keys) {
  const files = readdirSync(SOURCES, { recursive: true })
    .filter((each) => /\.tsx?$/.test(each) && !/i18n.(?!words)/.test(each))
    .map((each) => join(SOURCES, each));
  const texts = files.map((each) => [each, readFileSync(each, "utf8")]);
  const whole = texts.map(([, text]) => text).join("\n");
  const otherwise = texts.map(([file, text]) => (SPOKEN.test(file) ? text.replace(ASKED, "$1") : text)).join("\n");
  const quoted = new Set([...otherwise.matchAll(/"([\w.-]+)"/g)].map((each) => each[1]));
  const begun = [...whole.matchAll(/`([\w.-]+)\$\{|\b(?:worded|count)\(\s*"([\w.-]+)"/g)];
  const heads = begun.map((each) => each[1] ?? `${each[2]}.`);
  const isFree = (key) => !quoted.has(key) && !heads.some((head) => key.startsWith(head));
  return new Map(keys.filter(isFree).map((key, i) => [key, `_${i.toString(36)}`]));
}

/** Lines as one text, for `unfolded`: what a line has of the one before is a digit of base 36. */
function folded(lines) {
  let before = "";
  const short = lines.map((line) => {
    let same = 0;
    while (same < 35 && same < line.length && line[same] === before[same]) same++;
    before = line || before;
    return line && same.toString(36) + line.slice(same);
  });
  return JSON.stringify(short.join("\n"));
}

/** The sources of a catalogue in the page: its keys as written, and its texts in their order. */
function written(keys, texts) {
  const wrong = texts.filter((text) => !text || text.includes("\n"));
  if (wrong.length) throw new Error(`not one line each: ${wrong}`);
  return `catalogue(${keys}, ${JSON.stringify(texts.join("\n"))})`;
}

/** Keys are in the page once: other languages have their texts in the order of the English ones. */
const catalogues = {
  name: "catalogues",
  async setup(steps) {
    const { en } = await loaded("en.ts");
    const facts = JSON.parse(readFileSync(FACTS, "utf8"));
    const short = shortened(Object.keys(en));
    const made = (names, path, rest) => ({
      contents: `import { ${names} } from "${path}";\n${rest}`,
      resolveDir: I18N,
    });
    steps.onLoad({ filter: CATALOGUE }, async ({ path }) => {
      const [, kind, language] = CATALOGUE.exec(path);
      if (language === "en") {
        // short names are counted again in the page
        const keys = folded(Object.keys(en).map((key) => (short.has(key) ? "" : key)));
        const texts = written(`unfolded(${keys})`, Object.values(en));
        return made("catalogue, unfolded", "./lines.ts", `export const en = ${texts};`);
      }
      const english = kind ? facts.reasons : en;
      const texts = (await loaded(`${kind}${language}.ts`))[language];
      const keys = Object.keys(english);
      const wrong = keys.filter((key) => !texts[key]);
      if (wrong.length || keys.length !== Object.keys(texts).length) {
        throw new Error(`${path} and the English texts differ: ${wrong}`);
      }
      const from = kind ? `facts from "../core/generated.json"` : `{ en } from "./en.ts"`;
      const names = `Object.keys(${kind ? "facts.reasons" : "en"})`;
      const lines = written(names, keys.map((key) => texts[key]));
      return made("catalogue", "./lines.ts", `import ${from};\nexport const ${language} = ${lines};`);
    });
    steps.onLoad({ filter: /core\/generated\.json$/ }, () => {
      const { reasons, ...rest } = facts;
      const texts = written(`unfolded(${folded(Object.keys(reasons))})`, Object.values(reasons));
      const whole = `export default { ...${JSON.stringify(rest)}, reasons: ${texts} };`;
      return made("catalogue, unfolded", "./lines.ts", whole);
    });
    steps.onLoad({ filter: SPOKEN }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(ASKED, (whole, asks, one, _, other) => {
        const key = one ?? other;
        return short.has(key) ? `${asks ?? ""}"${short.get(key)}"` : whole;
      }),
      loader: path.endsWith("x") ? "tsx" : "ts",
    }));
  },
};

/**
 * What viem would only load when it is called, in parts that the page leaves out: followed, it would
 * keep their whole neighbourhood from being left out too.
 */
const later = {
  name: "later",
  setup(steps) {
    steps.onResolve({ filter: /./ }, ({ kind, path }) => (kind === "dynamic-import" ? { path, external: true } : null));
  },
};

/** Errors of viem by their names alone: what they tell beside is for who writes code, with a page of it. */
const named = {
  name: "named",
  setup(steps) {
    steps.onLoad({ filter: /viem.+errors.\w+\.js$/ }, ({ path }) => {
      const exported = readFileSync(path, "utf8").matchAll(/^export (class|function|const) (\w+)/gm);
      const lines = [...exported].map(([, kind, name]) =>
        kind === "class"
          ? `export const ${name} = /* @__PURE__ */ named("${name}");`
          : `export const ${name} = () => {};`,
      );
      const contents = `import { named } from "./src/core/named.ts";\n${lines.join("\n")}`;
      return { contents, resolveDir: HERE };
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
    // an element's children as arguments, not as a named property, are a hundredth of the page
    tsconfigRaw: {
      compilerOptions: {
        jsx: "react",
        jsxFactory: "createElement",
        jsxFragmentFactory: "Fragment",
        verbatimModuleSyntax: true,
      },
    },
    inject: ["src/ui/elements.ts"],
    logLevel: "warning",
    metafile: true,
    plugins: [catalogues, later, named],
    // the same wherever the packages lie
    preserveSymlinks: true,
  });
  const [{ inputs }] = Object.values(result.metafile.outputs);
  const used = Object.keys(inputs).filter((path) => inputs[path].bytesInOutput > 0);
  // another version may lie further up
  const strange = used.find((path) => path.startsWith(".."));
  if (strange) throw new Error(`${strange} is not of desk/package-lock.json: run npm ci in desk`);
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
