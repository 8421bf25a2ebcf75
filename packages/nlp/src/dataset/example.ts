/** The unit of every text task: one text, or a pair of texts, with its class. */

export interface TextExample {
  /** Where it comes from, for messages and predictions: `file:line`, or a file's path. */
  readonly name: string;
  readonly text: string;
  /** The second text of a pair, such as a hypothesis; absent where a task is about single texts. */
  readonly pair?: string;
  /** Index into the data set's `classes`. */
  readonly label: number;
}
