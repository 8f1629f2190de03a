import { Prisma } from '../../prisma/generated/client.ts'

/** Composes SQL: interpolated values become parameters, fragments of SQL are inlined. */
export const { sql, join, raw, empty } = Prisma

export type Sql = Prisma.Sql
