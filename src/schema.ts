import './node/node.type.ts'
import './node/node.queries.ts'
import './auth/auth.type.ts'
import './auth/auth.queries.ts'
import './auth/auth.mutations.ts'
import './user/user.type.ts'
import './user/user.queries.ts'
import './user/user.mutations.ts'
import './project/project.type.ts'
import './project/project.queries.ts'
import './project/project-permissions.type.ts'
import './project/user-list.queries.ts'
import './project/project.mutations.ts'
import './ticket/ticket.type.ts'
import './ticket/ticket.queries.ts'
import './ticket/ticket.mutations.ts'
import './ticket/ticket-bulk.mutations.ts'
import './issue/issue.type.ts'
import './issue/issue.queries.ts'
import './issue/issue.mutations.ts'
import './defect/defect.type.ts'
import './defect/defect.queries.ts'
import './defect/defect.mutations.ts'
import './comment/comment.type.ts'
import './comment/comment.mutations.ts'
import './comment/comment-permissions.type.ts'
import './label/label.type.ts'
import './label/label.mutations.ts'
import './history/history.type.ts'
import './change/change.type.ts'
import './change/change.queries.ts'
import './change/change.subscriptions.ts'
import './batch/batch.mutations.ts'
import './search/search.type.ts'
import './report/report.queries.ts'
import './cost/cost.queries.ts'
import './about/about.queries.ts'
import './about/error-code.type.ts'
import './import/import.type.ts'
import './import/import.queries.ts'
import './import/import.mutations.ts'
import './webhook/webhook.type.ts'
import './webhook/webhook.queries.ts'
import './webhook/webhook.mutations.ts'
import './webhook/delivery.mutations.ts'
import { isAbstractType, lexicographicSortSchema, printSchema } from 'graphql'
import { builder } from './builder.ts'

export const schema = builder.toSchema({ sortSchema: false })

export const printSortedSchema = () => `${printSchema(lexicographicSortSchema(schema))}\n`

/** Prints the names of the types that implement each interface, as Apollo Client expects them in `possibleTypes`. */
export function printPossibleTypes(): string {
  const sorted = lexicographicSortSchema(schema)
  const entries = Object.values(sorted.getTypeMap())
    .filter(isAbstractType)
    .map((type) => [type.name, sorted.getPossibleTypes(type).map(({ name }) => name)])
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`
}
