/** Names the place of a tag: on a kind or type of a folder, or on a field, as `Cat.spec`. `index` counts repetitions. */
export function placeKey(folder: string, owner: string, tag: string, index = 0): string {
  return `${folder} ${owner} +${tag} ${index}`;
}
