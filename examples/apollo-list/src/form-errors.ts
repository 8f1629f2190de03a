import { extensionsOf, messageOf } from './apollo/errors.ts'

/** Distributes an error to the fields of a form, by their paths such as `input.title`, and the form as a whole. */
export function formErrorsOf<Path extends string>(error: unknown, paths: readonly Path[]) {
  const { fieldErrors = [] } = extensionsOf(error)
  const fields: Partial<Record<Path, string>> = {}
  for (const { path, message } of fieldErrors) if (isOneOf(paths, path)) fields[path] ??= message
  const isComplete = fieldErrors.length > 0 && fieldErrors.every(({ path }) => isOneOf(paths, path))
  return { fields, form: error && !isComplete ? messageOf(error) : '' }
}

const isOneOf = <Path extends string>(paths: readonly Path[], path: string): path is Path =>
  (paths as readonly string[]).includes(path)
