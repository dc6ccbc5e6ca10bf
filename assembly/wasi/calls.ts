/**
 * The calls of the host that files and folders are made of, as WASI preview 1 has them: each answers an errno, 0 for success. A component
 * has the same calls on top of WASI 0.2. Which of the two is compiled in is the target's choice (asconfig.json); the other leaves nothing.
 */
import * as preview1 from "./preview1";
import * as preview2 from "./preview2";

/** The target `component` defines the name. */
// @ts-ignore: name
const IS_COMPONENT: bool = isDefined(QUIRE_COMPONENT);

// @ts-ignore: decorator
@inline
export function fd_close(fd: u32): u32 {
  return IS_COMPONENT ? preview2.fd_close(fd) : preview1.fd_close(fd);
}

// @ts-ignore: decorator
@inline
export function fd_datasync(fd: u32): u32 {
  return IS_COMPONENT ? preview2.fd_datasync(fd) : preview1.fd_datasync(fd);
}

// @ts-ignore: decorator
@inline
export function fd_sync(fd: u32): u32 {
  return IS_COMPONENT ? preview2.fd_sync(fd) : preview1.fd_sync(fd);
}

// @ts-ignore: decorator
@inline
export function fd_filestat_get(fd: u32, filestat: usize): u32 {
  return IS_COMPONENT ? preview2.fd_filestat_get(fd, filestat) : preview1.fd_filestat_get(fd, filestat);
}

// @ts-ignore: decorator
@inline
export function fd_filestat_set_size(fd: u32, size: u64): u32 {
  return IS_COMPONENT ? preview2.fd_filestat_set_size(fd, size) : preview1.fd_filestat_set_size(fd, size);
}

// @ts-ignore: decorator
@inline
export function fd_pread(fd: u32, iovs: usize, iovsLen: usize, fileOffset: u64, count: usize): u32 {
  return IS_COMPONENT
    ? preview2.fd_pread(fd, iovs, iovsLen, fileOffset, count)
    : preview1.fd_pread(fd, iovs, iovsLen, fileOffset, count);
}

// @ts-ignore: decorator
@inline
export function fd_pwrite(fd: u32, iovs: usize, iovsLen: usize, fileOffset: u64, count: usize): u32 {
  return IS_COMPONENT
    ? preview2.fd_pwrite(fd, iovs, iovsLen, fileOffset, count)
    : preview1.fd_pwrite(fd, iovs, iovsLen, fileOffset, count);
}

// @ts-ignore: decorator
@inline
export function fd_read(fd: u32, iovs: usize, iovsLen: usize, count: usize): u32 {
  return IS_COMPONENT ? preview2.fd_read(fd, iovs, iovsLen, count) : preview1.fd_read(fd, iovs, iovsLen, count);
}

// @ts-ignore: decorator
@inline
export function fd_write(fd: u32, iovs: usize, iovsLen: usize, count: usize): u32 {
  return IS_COMPONENT ? preview2.fd_write(fd, iovs, iovsLen, count) : preview1.fd_write(fd, iovs, iovsLen, count);
}

// @ts-ignore: decorator
@inline
export function fd_seek(fd: u32, delta: i64, whence: u32, position: usize): u32 {
  return IS_COMPONENT ? preview2.fd_seek(fd, delta, whence, position) : preview1.fd_seek(fd, delta, whence, position);
}

// @ts-ignore: decorator
@inline
export function fd_prestat_get(fd: u32, prestat: usize): u32 {
  return IS_COMPONENT ? preview2.fd_prestat_get(fd, prestat) : preview1.fd_prestat_get(fd, prestat);
}

// @ts-ignore: decorator
@inline
export function fd_prestat_dir_name(fd: u32, path: usize, pathLen: usize): u32 {
  return IS_COMPONENT ? preview2.fd_prestat_dir_name(fd, path, pathLen) : preview1.fd_prestat_dir_name(fd, path, pathLen);
}

// @ts-ignore: decorator
@inline
export function path_filestat_get(dirFd: u32, lookupFlags: u32, path: usize, pathLen: usize, filestat: usize): u32 {
  return IS_COMPONENT
    ? preview2.path_filestat_get(dirFd, lookupFlags, path, pathLen, filestat)
    : preview1.path_filestat_get(dirFd, lookupFlags, path, pathLen, filestat);
}

// @ts-ignore: decorator
@inline
export function path_open(
  dirFd: u32,
  lookupFlags: u32,
  path: usize,
  pathLen: usize,
  openFlags: u32,
  rights: u64,
  inheritedRights: u64,
  fdFlags: u32,
  fd: usize,
): u32 {
  return IS_COMPONENT
    ? preview2.path_open(dirFd, lookupFlags, path, pathLen, openFlags, rights, inheritedRights, fdFlags, fd)
    : preview1.path_open(dirFd, lookupFlags, path, pathLen, openFlags, rights, inheritedRights, fdFlags, fd);
}

// @ts-ignore: decorator
@inline
export function path_unlink_file(dirFd: u32, path: usize, pathLen: usize): u32 {
  return IS_COMPONENT ? preview2.path_unlink_file(dirFd, path, pathLen) : preview1.path_unlink_file(dirFd, path, pathLen);
}

// @ts-ignore: decorator
@inline
export function random_get(buffer: usize, len: usize): u32 {
  return IS_COMPONENT ? preview2.random_get(buffer, len) : preview1.random_get(buffer, len);
}

/** A component has no time of day (docs/component.md): there it fails. */
// @ts-ignore: decorator
@inline
export function clock_time_get(clock: u32, precision: u64, time: usize): u32 {
  return IS_COMPONENT ? preview2.clock_time_get(clock, time) : preview1.clock_time_get(clock, precision, time);
}

// @ts-ignore: decorator
@inline
export function path_rename(fromFd: u32, from: usize, fromLen: usize, toFd: u32, to: usize, toLen: usize): u32 {
  return IS_COMPONENT
    ? preview2.path_rename(fromFd, from, fromLen, toFd, to, toLen)
    : preview1.path_rename(fromFd, from, fromLen, toFd, to, toLen);
}
