/**
 * Package v1 is the v1 version of the zoo API: every shape and rule that the generator knows, in one place.
 *
 * +groupName=zoo.example.com
 */
export {};
