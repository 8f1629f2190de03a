import './node/node.type.ts'
import './node/node.queries.ts'
import './auth/auth.type.ts'
import './auth/auth.mutations.ts'
import './user/user.type.ts'
import './user/user.queries.ts'
import './user/user.mutations.ts'
import './project/project.type.ts'
import './project/project.queries.ts'
import './project/project.mutations.ts'
import './ticket/ticket.type.ts'
import './ticket/ticket-filter.type.ts'
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
import './label/label.type.ts'
import './label/label.mutations.ts'
import './history/history.type.ts'
import { lexicographicSortSchema, printSchema } from 'graphql'
import { builder } from './builder.ts'

/** The API's table of contents: each feature adds its types and fields above. */
export const schema = builder.toSchema({ sortSchema: false })

/** The schema in GraphQL's own language, with all descriptions, sorted. */
export const printedSchema = () => `${printSchema(lexicographicSortSchema(schema))}\n`
