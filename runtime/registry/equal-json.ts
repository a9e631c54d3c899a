/** The equality of JSON that patches test by. */
export { sameJson as equalJson } from "../meta/equality.ts";
