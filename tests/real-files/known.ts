/** What is known of files that do not import as they are, or have several tables: why they are refused, and the options that import them. */

interface Known {
  readonly file: RegExp;
  /** Options, each of which imports a table of the file. */
  readonly options: readonly (readonly string[])[];
  /** Why the file is refused without options; null when it is not. */
  readonly refused: RegExp | null;
}

const rowsAt = (...paths: string[]): string[][] => paths.map((path) => ["--rows", path]);

const KNOWN: readonly Known[] = [
  {
    file: /^vega-datasets\/miserables\.json$/,
    options: rowsAt("nodes", "links"),
    refused: /objects in several arrays: nodes, links/,
  },
  {
    file: /^vega-datasets\/us-10m\.json$/,
    options: rowsAt("objects.counties.geometries", "objects.states.geometries"),
    refused: /objects in several arrays: objects\.counties\.geometries, objects\.states\.geometries/,
  },
  // One row, of a picture's pixels.
  { file: /^vega-datasets\/annual-precip\.json$/, options: [], refused: /column values: a json of \d+ bytes is above the limit/ },
  { file: /^unicode-emoji-json\/data-ordered-emoji\.json$/, options: [], refused: /expected a row: an object/ },
  {
    file: /^emojibase-data\/.*\/messages\.json$/,
    options: rowsAt("groups", "skinTones", "subgroups"),
    refused: /objects in several arrays: groups, skinTones, subgroups/,
  },
  {
    file: /^caniuse-db\/data\.json$/,
    options: [
      ["--rows", "data", "--key-as", "feature"],
      ["--rows", "agents", "--key-as", "agent"],
    ],
    refused: /objects in several arrays: data\.aac\.links/,
  },
  {
    file: /^caniuse-db\/features-json\/flexbox\.json$/,
    options: [["--rows", ""], ...rowsAt("links", "bugs")],
    refused: /objects in several arrays: links, bugs/,
  },
  // A column has at most 65,535 bytes of JSON.
  {
    file: /^world-countries\/data\/can\.geo\.json$/,
    options: [],
    refused: /column geometry: a json of \d+ bytes is above the limit/,
  },
  {
    file: /^unicode-emoji-json\/data-by-group\.json$/,
    options: [],
    refused: /column emojis: a json of \d+ bytes is above the limit/,
  },
  // Titles and comments stand around the table, or something stands behind quotes.
  {
    file: /^statsmodels\/(macrodata\/src\/unemp|scotland\/src\/scot(land_population|vote))\.csv$/,
    options: [],
    refused: /the row has \d cells?|text follows a closing quote/,
  },
  { file: /^caniuse-db\/region-usage-json\//, options: [["--rows", ""], ...rowsAt("data")], refused: null },
  {
    file: /^(world-countries|unicode-emoji-json)\/(dist\/countries|data-by-emoji)\.json$/,
    options: [["--flatten"]],
    refused: null,
  },
];

const knownOf = (file: string): Known | undefined => KNOWN.find((known) => known.file.test(file));

/** The options that a file is tried with: none, and those that are known. */
export function optionsFor(from: string, name: string): readonly (readonly string[])[] {
  return [[], ...(knownOf(`${from}/${name}`)?.options ?? [])];
}

/** Why a file is refused that is tried with these options; null when it is to be imported. */
export function refusalOf(from: string, name: string, options: readonly string[]): RegExp | null {
  return options.length > 0 ? null : (knownOf(`${from}/${name}`)?.refused ?? null);
}
