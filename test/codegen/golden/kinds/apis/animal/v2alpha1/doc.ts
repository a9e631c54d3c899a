/** +groupName=animal.example.com */
export {};
