/** XXH3-64 against published vectors: every length class, every length up to 2,049, and some long ones. */
import { xxh3 } from "../encode/xxh3";
import { XXH3_VECTORS } from "./xxh3-vectors";

describe("xxh3", () => {
  test("every length from 0 to 2,049 of the bytes 0, 1, 2 ...", () => {
    const ptr = heap.alloc(2049);
    for (let i = 0; i < 2049; i++) store<u8>(ptr + i, <u8>i);
    expect(XXH3_VECTORS.length).toBe(2050);
    for (let len = 0; len < XXH3_VECTORS.length; len++) {
      if (xxh3(ptr, len) != XXH3_VECTORS[len]) expect(xxh3(ptr, len)).toBe(XXH3_VECTORS[len], "length " + len.toString());
    }
    expect(xxh3(ptr, 2049)).toBe(0x62dff343e7dbac9b); // 7124680608501705883, the last line of the published table
    heap.free(ptr);
  });

  // Made with the xxHash library (python-xxhash 4.1.0): byte i is (31 i² + 7 i + 13 (i >> 8)) mod 256.
  test("long inputs of other bytes, at an odd address", () => {
    const lengths: StaticArray<u32> = [2050, 3071, 3072, 3073, 4096, 5000, 65535, 65536, 70000];
    const hashes: StaticArray<u64> = [
      0x2c03a5c479dae190, 0xf3f73b15d45a4bb3, 0x219e93792953a808, 0xc850e18ee0bb2b1a, 0xc2b42362e0bee84d, 0x195d462d3b40f8fe,
      0x6b55f8908490694c, 0xc780e4c955859981, 0x66f274bcf0783fe3,
    ];
    const room = heap.alloc(70001);
    const ptr = room + 1;
    for (let i: u64 = 0; i < 70000; i++) store<u8>(ptr + <usize>i, <u8>(i * i * 31 + i * 7 + (i >> 8) * 13));
    for (let i = 0; i < lengths.length; i++) expect(xxh3(ptr, lengths[i])).toBe(hashes[i]);
    heap.free(room);
  });

  test("table names", () => {
    const users = String.UTF8.encode("users");
    expect(xxh3(changetype<usize>(users), users.byteLength)).toBe(0x4ce8a257f7c83669);
    const posts = String.UTF8.encode("posts");
    expect(xxh3(changetype<usize>(posts), posts.byteLength)).toBe(0x54b91237375eab0e);
  });
});
