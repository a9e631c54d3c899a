import { expect } from "vitest";
import { fieldErrorMessage, type FieldError } from "../../runtime/meta/field-error.ts";
import { StatusError } from "../../runtime/meta/status-error.ts";
import { decodeContinue, encodeContinue } from "../../runtime/registry/continue-token.ts";
import {
  listPosition,
  nextPage,
  validateListOptions,
  validateWatchOptions,
  type ListRequest,
  type PositionOptions,
} from "../../runtime/registry/list-options.ts";
import { compareResourceVersions, parseResourceVersion } from "../../runtime/registry/resource-version.ts";
import type { VectorCase } from "./load.ts";
import { vectorSuite } from "./suite.ts";

const invalidKey = "continue key is not valid: ";
const mismatch = "unable to encode next field: the key and key prefix do not match";

vectorSuite("continue", (vector) => {
  const check = checks[vector.fn ?? ""];
  if (check === undefined) throw new Error(`no check for ${vector.fn}`);
  check(vector);
});

/** What a case is given and has to give; each function has fields of its own. */
interface Case<In, Expect> {
  readonly in: In;
  readonly expect: Expect;
}

const checks: Readonly<Record<string, (vector: VectorCase) => void>> = {
  decode(vector) {
    const { in: given, expect: wanted } = vector as unknown as Case<
      { token: string; keyPrefix: string },
      { error: string | null; key: string; resourceVersion: string }
    >;
    const got = decodeContinue(given.token, given.keyPrefix);
    if (typeof got === "string") expectText(got, wanted.error);
    else {
      expect(wanted.error).toBeNull();
      expect(got).toEqual({ key: wanted.key, revision: BigInt(wanted.resourceVersion) });
    }
  },
  encode(vector) {
    const { in: given, expect: wanted } = vector as unknown as Case<
      { key: string; keyPrefix: string; resourceVersion: string },
      { error: string | null; token: string; decodedJSON: string }
    >;
    const token = encodeContinue({ key: given.key, revision: BigInt(given.resourceVersion) }, given.keyPrefix);
    expect(token === undefined ? mismatch : null).toBe(wanted.error);
    if (token === undefined) return;
    expect(token).toBe(wanted.token);
    expect(Buffer.from(token, "base64url").toString()).toBe(wanted.decodedJSON);
  },
  prepareContinueToken(vector) {
    const { in: given, expect: wanted } = vector as unknown as Case<
      {
        hasMoreItems: boolean;
        itemsCount: number;
        keyLastItem: string;
        keyPrefix: string;
        labelSelector: string;
        limit: number;
        resourceVersion: string;
      },
      { error: string | null; token: string; remainingItemCount: number | null }
    >;
    // The caller asks for a next page only where there is one.
    if (!given.hasMoreItems) {
      expect(wanted).toEqual({ error: null, token: "", remainingItemCount: null });
      return;
    }
    const end = {
      lastKey: given.keyLastItem,
      revision: BigInt(given.resourceVersion),
      keys: given.itemsCount,
      limit: given.limit,
      selective: given.labelSelector !== "",
    };
    const next = nextPage(end, given.keyPrefix);
    expect({
      error: next === undefined ? mismatch : null,
      token: next?.continue ?? "",
      remainingItemCount: next?.remainingItemCount ?? null,
    }).toEqual(wanted);
  },
  storageListOptions(vector) {
    const { in: given, expect: wanted } = vector as unknown as Case<
      ListRequest & { keyPrefix: string },
      { withRev: string; continueKey: string; error: { code?: number; message: string; reason?: string } | null }
    >;
    try {
      const { at, from } = listPosition(given, given.keyPrefix);
      expect(wanted.error).toBeNull();
      expect({ withRev: String(at), continueKey: from }).toEqual({
        withRev: wanted.withRev,
        continueKey: wanted.continueKey,
      });
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      const { code = 500, reason } = wanted.error ?? {};
      expect({ code: error.status.code, reason: error.status.reason }).toEqual({ code, reason });
      expectText(error.message, wanted.error?.message ?? null);
    }
  },
  validateListOptions(vector) {
    const { in: given, expect: wanted } = vector as unknown as Case<
      Omit<PositionOptions, "sendInitialEvents"> & {
        sendInitialEvents: boolean | null;
        watch: boolean;
        watchListFeature: boolean;
      },
      { errors: { type: string; field: string; detail: string; message: string }[] }
    >;
    const options = { ...given, sendInitialEvents: given.sendInitialEvents ?? undefined };
    const errors = given.watch
      ? validateWatchOptions(options, { initialEvents: given.watchListFeature })
      : validateListOptions(options);
    expect(errors.map(shown).sort(byMessage)).toEqual(wanted.errors.toSorted(byMessage));
  },
  parseResourceVersion(vector) {
    const { in: given, expect: wanted } = vector as unknown as Case<
      { resourceVersion: string },
      { error: string | null; value: string }
    >;
    const revision = parseResourceVersion(given.resourceVersion);
    if (typeof revision === "bigint") expect({ error: null, value: String(revision) }).toEqual(wanted);
    else expect(fieldErrorMessage(revision)).toBe(wanted.error);
  },
  compareResourceVersion(vector) {
    const { in: given, expect: wanted } = vector as unknown as Case<
      { a: string; b: string },
      { error: string | null; cmp?: number }
    >;
    if (wanted.error === null) expect(compareResourceVersions(given.a, given.b)).toBe(wanted.cmp);
    else expect(() => compareResourceVersions(given.a, given.b)).toThrow(new Error(wanted.error));
  },
};

// What Go's base64 and JSON decoders say behind this is not part of the fact.
const ownWords = /^server does not|^incorrect encoded|^encoded start|^[./ab]+$/;

function expectText(got: string, wanted: string | null): void {
  const at = wanted?.indexOf(invalidKey) ?? -1;
  if (wanted === null || at < 0 || ownWords.test(wanted.slice(at + invalidKey.length))) expect(got).toBe(wanted);
  else expect(got.startsWith(wanted.slice(0, at + invalidKey.length)), `${got}, not ${wanted}`).toBe(true);
}

function shown(error: FieldError): { type: string; field: string; detail: string; message: string } {
  return { type: error.type, field: error.field, detail: error.detail, message: fieldErrorMessage(error) };
}

function byMessage(a: { message: string }, b: { message: string }): number {
  return a.message < b.message ? -1 : a.message > b.message ? 1 : 0;
}
