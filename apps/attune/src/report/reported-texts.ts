/** What a report shows of a run on texts: its record and curves, and some texts with what they were taken for. */
import { surestMistakes, type TuneTextsResult } from '@attune/nlp';
import { evaluationOf, type Passage, type ReportedRun } from '@attune/report';
import { runFacts } from './run-facts.ts';

/** Mistakes that are shown, the ones that the model was surest of. */
const SHOWN = 12;

export function reportTexts({ record, history, dataset, ...evaluations }: TuneTextsResult): ReportedRun {
  const run = {
    record,
    history: history.map((epoch) => ({ ...epoch })),
    evaluated: evaluationOf(record, 'the run'),
    facts: runFacts(record, 'texts'),
  };
  const split = evaluations.test ? 'test' : evaluations.validation ? 'validation' : undefined;
  const evaluation = split && evaluations[split];
  if (!split || !evaluation) return run;
  const { predictions } = evaluation;
  const passages = surestMistakes(predictions, SHOWN).map((i): Passage => {
    const { label, prediction, probability } = predictions[i]!;
    const { name, text, pair } = dataset.splits[split][i]!;
    return {
      name,
      texts: pair === undefined ? [text] : [text, pair],
      truth: record.classes[label]!,
      prediction: record.classes[prediction]!,
      probability,
    };
  });
  return { ...run, passages };
}
