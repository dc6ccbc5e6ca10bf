// Unpacks a package of another suite of Debian, with all that it depends on, into the cache, and makes a script that runs its program by
// the loader and the libraries that came along. The mirror is the one that this machine uses; the machine's own packages stay as they are.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { placeScript, runTool, versionOf } from "./program.mjs";

const KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg";
const SOURCES = "/etc/apt";
const MINUTES = 5;

export const title = ({ suite }) => `Debian's package of ${suite}`;

/** The address of the mirror that this machine gets Debian from: the first that ends with /debian. */
function mirror() {
  const folder = join(SOURCES, "sources.list.d");
  const files = [
    join(SOURCES, "sources.list"),
    ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
  ];
  for (const file of files.filter((file) => existsSync(file) && /\.(list|sources)$/.test(file))) {
    for (const line of readFileSync(file, "utf8").split("\n")) {
      const address = /^(?:deb|URIs:)\s(?:.*\s)?(\S+\/debian\/?)(?:\s|$)/.exec(line);
      if (address !== null) return address[1];
    }
  }
  throw new Error("this machine gets no packages from a Debian mirror");
}

export async function install({ suite, package: wanted, program: inside }, { version, folder, program }) {
  const address = mirror();
  if (!existsSync(KEYS)) throw new Error(`there is no ${KEYS}`);
  const apt = mkdtempSync(join(tmpdir(), "quire-apt-"));
  const files = join(folder, "debian");
  const beside = `${files}.new`;
  try {
    for (const path of ["state/lists/partial", "cache/archives/partial"]) mkdirSync(join(apt, path), { recursive: true });
    // An empty list of what is installed: then the C library comes, too.
    writeFileSync(join(apt, "status"), "");
    writeFileSync(join(apt, "sources.list"), `deb [signed-by=${KEYS}] ${address} ${suite} main\n`);
    const settings = {
      "Dir::Etc::sourcelist": join(apt, "sources.list"),
      "Dir::Etc::sourceparts": "/dev/null",
      "Dir::State": join(apt, "state"),
      "Dir::State::status": join(apt, "status"),
      "Dir::Cache": join(apt, "cache"),
      "APT::Install-Recommends": "false",
      "APT::Sandbox::User": "root",
      "Acquire::Languages": "none",
    };
    writeFileSync(
      join(apt, "apt.conf"),
      Object.entries(settings)
        .map(([key, value]) => `${key} "${value}";\n`)
        .join(""),
    );
    const options = { env: { APT_CONFIG: join(apt, "apt.conf") }, minutes: MINUTES };
    await runTool("apt-get", ["update", "-q"], options);
    await runTool("apt-get", ["install", "-q", "-y", "--download-only", wanted], options);
    const archives = join(apt, "cache", "archives");
    const packages = readdirSync(archives).filter((name) => name.endsWith(".deb"));
    const own = packages.find((name) => name.startsWith(`${wanted}_`));
    if (own === undefined || !own.startsWith(`${wanted}_${version}`)) {
      throw new Error(`${suite} has ${own ?? "no such package"}, not ${version}`);
    }
    rmSync(beside, { recursive: true, force: true });
    mkdirSync(beside, { recursive: true });
    for (const name of packages) await runTool("dpkg-deb", ["-x", join(archives, name), beside]);
    rmSync(files, { recursive: true, force: true });
    renameSync(beside, files);
    const script = `#!/bin/sh\nexec '${loader(files)}' --library-path '${libraries(files)}' '${join(files, inside)}' "$@"\n`;
    placeScript(script, `${program}.try`);
    versionOf(`${program}.try`);
    renameSync(`${program}.try`, program);
  } finally {
    for (const path of [apt, beside, `${program}.try`]) rmSync(path, { recursive: true, force: true });
  }
}

/** Its ld.so. */
function loader(files) {
  for (const folder of ["lib64", "usr/lib64", "lib", "usr/lib"]) {
    const path = join(files, folder);
    const name = existsSync(path) && readdirSync(path).find((name) => /^ld-linux.*\.so\.\d+$/.test(name));
    if (name) return join(path, name);
  }
  throw new Error("its packages have no loader");
}

/** The folders of its libraries: `usr/lib/x86_64-linux-gnu` and the like. */
function libraries(files) {
  const folders = ["usr/lib", "lib"].filter((folder) => existsSync(join(files, folder)));
  const found = folders.flatMap((folder) => readdirSync(join(files, folder)).map((name) => join(files, folder, name)));
  return found.filter((path) => /-linux-gnu[a-z0-9]*$/.test(path)).join(":");
}
