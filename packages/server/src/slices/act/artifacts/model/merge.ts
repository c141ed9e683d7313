/** What the resolution `merge` makes of two contents and what both were made from. */
export { mergeTexts } from '../../../../kernel/texts/merge.ts'
