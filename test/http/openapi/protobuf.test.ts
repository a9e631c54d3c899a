import { expect, test } from "vitest";
import { answerOpenApiV2, prepareOpenApi, type OpenApi } from "../../../runtime/http/openapi/openapi.ts";
import { encodeV2Document } from "../../../runtime/http/openapi/v2-protobuf.ts";
import { catSources } from "./cats.ts";
import { readSwaggerMessage } from "./swagger-message.ts";
import { wardleOpenApi } from "./wardle-openapi.ts";

const protobuf = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

function bothForms(openApi: OpenApi): { message: unknown; json: unknown } {
  const json = Buffer.from(answerOpenApiV2(openApi, {}).body ?? []).toString();
  return {
    message: readSwaggerMessage(answerOpenApiV2(openApi, { accept: protobuf }).body ?? new Uint8Array()),
    json: JSON.parse(json, withoutNoScopes) as unknown,
  };
}

// A message has no empty lists: that of the scopes of a token is one of no values.
function withoutNoScopes(key: string, value: unknown): unknown {
  return key === "BearerToken" && Array.isArray(value) ? {} : value;
}

test("the recorded API in protobuf says all that its JSON says", () => {
  const { message, json } = bothForms(wardleOpenApi());
  expect(message).toEqual(json);
});

test("every keyword, subresource and security definition comes through", () => {
  const { message, json } = bothForms(prepareOpenApi(catSources));
  expect(message).toEqual(json);
});

test("what the message has no place for is left out", () => {
  const bytes = encodeV2Document(
    JSON.stringify({
      swagger: "2.0",
      definitions: { A: { oneOf: [{}], nullable: true, minLength: 0, maximum: 0, description: "", type: "string" } },
      securityDefinitions: { basic: { type: "basic" } },
    }),
  );
  expect(readSwaggerMessage(bytes)).toEqual({
    swagger: "2.0",
    definitions: { A: { type: "string" } },
    securityDefinitions: { basic: {} },
  });
});

test("texts of more than 127 bytes and numbers of more than 32 bits are written whole", () => {
  const description = "ä".repeat(40_000);
  const bytes = encodeV2Document(
    JSON.stringify({ definitions: { A: { description, maxLength: Number.MAX_SAFE_INTEGER, minimum: -1.5e300 } } }),
  );
  expect(readSwaggerMessage(bytes)).toEqual({
    definitions: { A: { description, maxLength: Number.MAX_SAFE_INTEGER, minimum: -1.5e300 } },
  });
});
