import { formatNumber } from '../errors.ts'
import { costOf, type FieldCost, listCostsOf, ownCostsOf } from './cost.ts'

const maxFields = 3

/** Sentences that name the most expensive fields and a change after which the operation costs at most `limit` points. */
export function costAdvice(fields: readonly FieldCost[], limit: number): string {
  const expensiveFields = ownCostsOf(fields)
    .slice(0, maxFields)
    .map(({ path, objects, work }) => `\`${path}\` (${formatNumber(Math.ceil(objects + work))})`)
  return `Most expensive: ${expensiveFields.join(', ')}. ${remedyOf(fields, limit)} \`explainCost\` lists all costs.`
}

function remedyOf(fields: readonly FieldCost[], limit: number): string {
  const list = listCostsOf(fields, limit).find(({ first }) => first !== null)
  if (list) return `Lower the \`first\` or \`last\` of \`${list.path}\` to ${list.first}, or select less.`
  const removed: string[] = []
  for (const { path } of ownCostsOf(fields)) {
    if (removed.some((ancestor) => path.startsWith(`${ancestor}.`))) continue
    removed.push(path)
    const cost = costOf(without(fields, removed))
    if (cost <= limit && removed.length <= maxFields && cost > 1)
      return `Without ${removed.map((name) => `\`${name}\``).join(', ')}, it costs ${formatNumber(cost)}.`
  }
  return 'Filter by project, simplify `filter` and `orderBy`, or split the operation into several requests.'
}

/** The fields with those at some paths removed. */
const without = (fields: readonly FieldCost[], paths: readonly string[]): FieldCost[] =>
  fields
    .filter(({ path }) => !paths.includes(path))
    .map((field) => {
      const children = without(field.children, paths)
      const pointsPerObject = children.reduce((sum, { total }) => sum + total, field.objectPoints)
      return { ...field, children, pointsPerObject, total: field.work + field.objectCount * pointsPerObject }
    })
