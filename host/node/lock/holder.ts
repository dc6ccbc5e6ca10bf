/**
 * Who holds a lock, in a form that another process can prove dead: nothing here calls a living process dead.
 *
 * A process is known by its number and its start time, which no later process with that number has; both mean something only in the
 * system that was started once (its boot id) and the process namespace that gave the number (a container's is another one).
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync, statfsSync } from "node:fs";
import { hostname } from "node:os";

/** Letters, digits and dashes only: each field is a part of a file's name. "0": not known. */
export interface Holder {
  readonly pid: number;
  /** When the process was started, by the system's own count. */
  readonly start: string;
  /** Which start of which system. */
  readonly boot: string;
  /** The namespace that `pid` is a number of. */
  readonly space: string;
  /** One session's, which no other has. */
  readonly token: string;
  /** What it does, for people. */
  readonly command: string;
}

const UNKNOWN = "0";

/** The number of the process namespace that the system starts with: who is in another one is in a container. */
const FIRST_SPACE = "4026531836";

/** Kinds of file systems that no two running systems have mounted at once: ext, xfs, btrfs, tmpfs, overlayfs, f2fs, zfs. */
const LOCAL_DISKS: ReadonlySet<number> = new Set([
  ...[0xef53, 0x58465342, 0x9123683e, 0x01021994],
  ...[0x794c7630, 0xf2f52010, 0x2fc12fc1],
]);

/** What `read` gives; "0" where the system has nothing of the kind. */
function known(read: () => string | undefined): string {
  try {
    return read()?.replace(/[^A-Za-z0-9]/g, "") || UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}

/** State, start time and number of threads of process `pid` by Linux's /proc; null where that does not tell. */
function procStat(pid: number): { state: string; start: string; threads: number } | null {
  try {
    // The program's name, in parentheses, may hold spaces and parentheses.
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", start: fields[19] ?? UNKNOWN, threads: Number(fields[17]) };
  } catch {
    return null;
  }
}

/** The start time that `ps` tells, in seconds; "0" when it tells none. */
export function psStart(pid: number): string {
  const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  const { stdout } = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8", env });
  const seconds = Date.parse(`${stdout} UTC`) / 1000;
  return Number.isFinite(seconds) ? String(seconds) : UNKNOWN;
}

/** When process `pid` was started; "0" where that is not known. */
export function startOf(pid: number): string {
  if (process.platform === "linux") return procStat(pid)?.start ?? UNKNOWN;
  return process.platform === "win32" ? UNKNOWN : known(() => psStart(pid));
}

/** The namespaces that process numbers and start times belong to; old systems have none for times. */
function linuxSpace(): string {
  const numberOf = (link: string): string => known(() => readlinkSync(link).replaceAll(/[^0-9]/g, ""));
  const pids = numberOf("/proc/self/ns/pid");
  return pids === UNKNOWN ? UNKNOWN : pids + numberOf("/proc/self/ns/time");
}

let own: Pick<Holder, "pid" | "start" | "boot" | "space"> | undefined;

/** What this process is. */
export function thisProcess(): Pick<Holder, "pid" | "start" | "boot" | "space"> {
  own ??= {
    pid: process.pid,
    start: startOf(process.pid),
    boot: known(() =>
      process.platform === "linux"
        ? readFileSync("/proc/sys/kernel/random/boot_id", "latin1")
        : // Elsewhere nothing is, but that another machine's processes are not ours.
          createHash("sha256").update(hostname()).digest("hex").slice(0, 16),
    ),
    space: process.platform === "linux" ? linuxSpace() : "1",
  };
  return own;
}

/** Whether there is a process of that number, as far as the system tells. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Whether only one running system at a time can have `folder`: who held a lock there under another one is gone. */
function isLocalDisk(folder: string): boolean {
  try {
    return LOCAL_DISKS.has(statfsSync(folder).type);
  } catch {
    return false;
  }
}

/** Whether `holder`, whose lock is in `folder`, can be proved to be dead. */
export function isDead(holder: Holder, folder: string): boolean {
  const { boot, space } = thisProcess();
  if ([boot, space, holder.boot, holder.space].includes(UNKNOWN)) return false;
  if (holder.boot !== boot) return process.platform === "linux" && isLocalDisk(folder);
  if (holder.space !== space) return false;
  if (!exists(holder.pid)) return true;
  if (holder.start === UNKNOWN) return false;
  const stat = process.platform === "linux" ? procStat(holder.pid) : null;
  // Of one that was killed and not waited for nothing runs any more, once its threads are gone.
  if (stat !== null && /^[ZX]/.test(stat.state) && stat.threads <= 1) return true;
  const start = stat?.start ?? startOf(holder.pid);
  return start !== UNKNOWN && start !== holder.start;
}

/** Whether this process is in a container, from outside of which, and from others, it can't be told by its number whether it lives. */
export function isInContainer(): boolean {
  const { space } = thisProcess();
  return process.platform === "linux" && space !== UNKNOWN && !space.startsWith(FIRST_SPACE);
}

/** Whether it is out of sight: in another container or on another machine, where it can be seen neither alive nor dead. */
export function isOutOfSight({ boot, space }: Holder): boolean {
  const here = thisProcess();
  return boot !== here.boot || space !== here.space;
}

/** The name of the file that says that `holder` holds a lock. */
export function nameOfHolder({ pid, start, boot, space, token, command }: Holder): string {
  const words = command.replaceAll(/[^A-Za-z0-9_.+=@-]+/g, "_").slice(0, 80);
  return `${pid}.${start}.${boot}.${space}.${token}.${words}`;
}

/** The holder that a file of that name speaks of; null when it speaks of none. */
export function holderOfName(name: string): Holder | null {
  const parts = /^([1-9]\d{0,9})\.([0-9]+)\.([0-9A-Za-z]+)\.([0-9]+)\.([0-9a-f]+)\.([A-Za-z0-9_.+=@-]*)$/.exec(name);
  if (parts === null) return null;
  const [, pid, start, boot, space, token, command] = parts as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  return { pid: Number(pid), start, boot, space, token, command: command.replaceAll("_", " ") };
}
