/** +groupName=pet.example.com */
export {};
