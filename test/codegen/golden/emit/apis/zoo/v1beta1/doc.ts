/**
 * Package v1beta1 is the v1beta1 version of the zoo API.
 *
 * +groupName=zoo.example.com
 */
export {};
