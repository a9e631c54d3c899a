import { expect } from "vitest";
import { requestInfo, type RequestInfo } from "../../runtime/http/request-info.ts";
import { internalError } from "../../runtime/meta/status-error.ts";
import { vectorSuite } from "./suite.ts";

interface Input {
  readonly method: string;
  readonly url: string;
  readonly apiPrefixes: readonly string[];
  readonly grouplessApiPrefixes: readonly string[];
}

interface Expectation {
  readonly error: string | null;
  readonly info: RequestInfo;
}

vectorSuite("requestinfo", (vector) => {
  const input = vector["in"] as Input;
  const { error, info } = vector["expect"] as Expectation;
  const prefixes = { all: input.apiPrefixes, groupless: input.grouplessApiPrefixes };
  if (error === null) return expect(requestInfo(input.method, input.url, prefixes)).toEqual(info);
  const refusal = internalError(`failed to create RequestInfo: ${error}`);
  return expect(() => requestInfo(input.method, input.url, prefixes)).toThrow(refusal);
});
