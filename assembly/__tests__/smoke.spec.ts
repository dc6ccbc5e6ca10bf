import { fail, errorMessage, BAD_VALUE, lastError } from "../status";

describe("smoke", () => {
  it("reaches the engine", () => {
    expect(fail(BAD_VALUE, "column age", "give a number")).toBe(BAD_VALUE);
    expect(lastError.status).toBe(BAD_VALUE);
    expect(errorMessage()).toBe("column age; give a number");
  });
});
