import { OK, FILE_CHANGED, HANDLE_POISONED, READ_ONLY, fail } from "../status";
import {
  CHANGED,
  CLEAN,
  CLOSED,
  COMMITTED,
  OUTDATED,
  POISONED,
  READING,
  UNDO_CUT,
  goTo,
  isEdge,
} from "../memory/base/handle-state";
import { MemoryAccess } from "../memory/access/memory-access";
import { LogFile } from "../memory/file/log-file";
import { HeapMemoryProvider, WasiMemoryProvider } from "../memory/file/provider";
import { MemoryManager, READ, WRITE } from "../memory/manager/memory-manager";

function opened(path: string, readOnly: bool): MemoryManager {
  const provider = WasiMemoryProvider.open(path, readOnly, true)!;
  const manager = new MemoryManager(provider, 0);
  expect(manager.state).toBe(readOnly ? READING : CLEAN);
  const log = LogFile.open(path, !readOnly);
  if (log) expect(manager.useLog(log)).toBe(OK);
  return manager;
}

/** More than the undo list keeps where no savepoint needs it. */
function changeMuch(access: MemoryAccess): void {
  const block = heap.alloc(65536);
  for (let i: u32 = 0; i < 40; i++) {
    memory.fill(block, <u8>(i + 1), 65536);
    expect(access.writeAtRaw(0, 0, block, 65536)).toBe(OK);
  }
  heap.free(block);
}

describe("the table of a handle's states", () => {
  test("a way that is not in it is a failed assertion", () => {
    expect(goTo(CLEAN, CHANGED)).toBe(CHANGED);
    expect(() => {
      goTo(CLEAN, COMMITTED);
    }).toThrow("nothing was appended");
    expect(() => {
      goTo(POISONED, CLEAN);
    }).toThrow("there is no way back");
    expect(() => {
      goTo(CLOSED, CLOSED);
    }).toThrow("closed twice");
    expect(() => {
      goTo(READING, CHANGED);
    }).toThrow("nothing is written");
  });

  test("nothing leaves CLOSED, only closing leaves POISONED and OUTDATED, and no state leads to itself", () => {
    for (let to = CLEAN; to <= CLOSED; to++) {
      expect(isEdge(CLOSED, to)).toBe(false);
      expect(isEdge(POISONED, to)).toBe(to == CLOSED);
      expect(isEdge(OUTDATED, to)).toBe(to == CLOSED);
      expect(isEdge(to, to)).toBe(false);
    }
  });
});

describe("a handle", () => {
  test("with a log: clean, changed, committed, and clean again", () => {
    const manager = opened("/data/states.db", false);
    expect(manager.state).toBe(CLEAN);
    const access = new MemoryAccess(manager);
    access.growOnePage();
    expect(manager.state).toBe(CHANGED);
    expect(manager.hasChanges).toBe(true);
    expect(manager.commit()).toBe(OK);
    expect(manager.state).toBe(COMMITTED);
    access.writeU32(0, 0, 7);
    expect(manager.state).toBe(CHANGED);
    expect(manager.rollback()).toBe(OK);
    expect(manager.state).toBe(COMMITTED);
    changeMuch(access);
    manager.statementDone();
    expect(manager.state).toBe(UNDO_CUT);
    expect(manager.rollback()).toBe(OK);
    expect(manager.state).toBe(COMMITTED);
    expect(load<u32>(access.page(0))).toBe(0);
    changeMuch(access);
    manager.statementDone();
    expect(manager.commit()).toBe(OK);
    expect(manager.state).toBe(COMMITTED);
    expect(manager.checkpoint()).toBe(OK);
    expect(manager.state).toBe(CLEAN);
    expect(manager.close()).toBe(OK);
    expect(manager.state).toBe(CLOSED);
    expect(manager.enter(READ)).toBe(HANDLE_POISONED);
  });

  test("without a log: a commit or a rollback leaves it clean", () => {
    const manager = new MemoryManager(new HeapMemoryProvider(), 0);
    const access = new MemoryAccess(manager);
    access.growOnePage();
    expect(manager.state).toBe(CHANGED);
    manager.statementDone();
    expect(manager.state).toBe(UNDO_CUT);
    expect(manager.commit()).toBe(OK);
    expect(manager.state).toBe(CLEAN);
    access.growOnePage();
    expect(manager.rollback()).toBe(OK);
    expect(manager.state).toBe(CLEAN);
    expect(manager.pageCount).toBe(1);
    manager.onlyRead();
    expect(manager.state).toBe(READING);
    expect(manager.enter(READ)).toBe(OK);
    expect(manager.enter(WRITE)).toBe(READ_ONLY);
    manager.close();
  });

  test("that is poisoned says why, once and for ever", () => {
    const manager = new MemoryManager(new HeapMemoryProvider(), 0);
    fail(FILE_CHANGED, "the first reason");
    manager.poison();
    fail(FILE_CHANGED, "another reason");
    manager.poison();
    expect(manager.state).toBe(POISONED);
    expect(manager.enter(READ)).toBe(HANDLE_POISONED);
    expect(manager.enter(WRITE)).toBe(HANDLE_POISONED);
    expect(manager.leave(READ_ONLY)).toBe(READ_ONLY, "what it came to, it came to");
    manager.close();
    expect(manager.state).toBe(CLOSED);
  });

  test("that reads is outdated when a checkpoint was announced since", () => {
    const writer = opened("/data/read.db", false);
    const access = new MemoryAccess(writer);
    access.growOnePage();
    expect(writer.commit()).toBe(OK);
    const reader = opened("/data/read.db", true);
    expect(reader.state).toBe(READING);
    expect(reader.pageCount).toBe(1);
    expect(reader.page(0)).not.toBe(0);
    expect(reader.leave(OK)).toBe(OK);
    access.writeU32(0, 0, 5);
    expect(writer.commit()).toBe(OK);
    expect(writer.checkpoint()).toBe(OK);
    // Its only page is in memory: as long as nothing is read, there is nothing to look again for.
    expect(reader.leave(OK)).toBe(OK);
    expect(reader.state).toBe(READING);
    const other = opened("/data/read.db", true);
    expect(other.page(0)).not.toBe(0);
    access.writeU32(0, 0, 6);
    expect(writer.commit()).toBe(OK);
    expect(writer.checkpoint()).toBe(OK);
    expect(other.leave(OK)).toBe(FILE_CHANGED);
    expect(other.state).toBe(OUTDATED);
    expect(other.enter(READ)).toBe(FILE_CHANGED);
    expect(other.enter(WRITE)).toBe(READ_ONLY);
    writer.close();
    reader.close();
    other.close();
  });
});
