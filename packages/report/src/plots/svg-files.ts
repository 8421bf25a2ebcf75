/** Plots as files, drawn with a document in memory. */
import { writeFileAtomic } from '@attune/core/node';
import { parseHTML } from 'linkedom';
import { type Figure, type SvgDocument, svgText } from './figure.ts';

/** A document to draw with where there is no browser. */
export function memoryDocument(): SvgDocument {
  return parseHTML('<!doctype html><html></html>').document as unknown as SvgDocument;
}

/** @throws UserError when the file cannot be written. */
export async function writeSvg(file: string, figure: Figure): Promise<void> {
  await writeFileAtomic(file, `${svgText(figure, memoryDocument())}\n`);
}
