import { builder } from '../builder.ts'
import { maxListLength } from './comparators.ts'

const list = `At most ${maxListLength}; an empty list matches nothing.`
const negatedList = `At most ${maxListLength}; an empty list matches everything.`

export const IDFilterInput = builder.inputType('IDFilter', {
  description: 'A condition on an id. Keys such as "CORE-42" are accepted instead of ids. All operators must match.',
  fields: (t) => ({
    eq: t.id({ description: 'Equal to this id or key.' }),
    in: t.idList({ description: `Equal to one of these ids or keys. ${list}` }),
    notIn: t.idList({ description: `Equal to none of these ids or keys. ${negatedList}` }),
  }),
})

export const StringFilterInput = builder.inputType('StringFilter', {
  description:
    'A condition on a text, case-insensitive and in any Unicode form. All operators must match. Operands have at most 1,000 characters.',
  fields: (t) => ({
    eq: t.string({ description: 'Equal to this text.' }),
    in: t.stringList({ description: `Equal to one of these texts. ${list}` }),
    contains: t.string({ description: 'Contains this text. `%` and `_` are literal.' }),
    startsWith: t.string({ description: 'Begins with this text. `%` and `_` are literal.' }),
    isNull: t.boolean({ description: 'True matches null, false matches any text.' }),
  }),
})

export const DateTimeFilterInput = builder.inputType('DateTimeFilter', {
  description: 'A condition on a time. All operators must match.',
  fields: (t) => ({
    gte: t.field({ type: 'RelativeDateTime', description: 'At or after this time.' }),
    gt: t.field({ type: 'RelativeDateTime', description: 'After this time.' }),
    lte: t.field({ type: 'RelativeDateTime', description: 'At or before this time.' }),
    lt: t.field({ type: 'RelativeDateTime', description: 'Before this time.' }),
    isNull: t.boolean({ description: 'True matches null, false matches any time.' }),
  }),
})

export const UserFilterInput = builder.inputType('UserFilter', {
  description: 'A condition on a user. Usernames are accepted instead of ids. All operators must match.',
  fields: (t) => ({
    eq: t.id({ description: 'Equal to the user with this id or username.' }),
    in: t.idList({ description: `Equal to one of the users with these ids or usernames. ${list}` }),
    isViewer: t.boolean({ description: 'True matches you, false matches other users and null.' }),
    isNull: t.boolean({ description: 'True matches null, false matches any user.' }),
  }),
})

export const LabelFilterInput = builder.inputType('LabelFilter', {
  description: 'A condition on the labels of a ticket, by id or by case-insensitive name. All operators must match.',
  fields: (t) => ({
    some: t.stringList({ description: `Has at least one of these labels. ${list}` }),
    every: t.stringList({ description: `Has all of these labels. ${negatedList}` }),
    none: t.stringList({ description: `Has none of these labels. ${negatedList}` }),
    isEmpty: t.boolean({ description: 'True matches tickets without labels, false tickets with at least one.' }),
  }),
})

type EnumName = 'TicketStatus' | 'Resolution' | 'Disposition' | 'Priority' | 'Severity'

export const enumFilterInput = (type: EnumName) =>
  builder.inputType(`${type}Filter`, {
    description: `A condition on a value of ${type}. All operators must match.`,
    fields: (t) => ({
      eq: t.field({ type, description: 'Equal to this value.' }),
      in: t.field({ type: [type], description: `Equal to one of these values. ${list}` }),
      notIn: t.field({ type: [type], description: `Null, or equal to none of these values. ${negatedList}` }),
    }),
  })

/** Also compares by the order of the values. */
export const rankedFilterInput = (type: 'Priority' | 'Severity') =>
  builder.inputType(`${type}Filter`, {
    description: `A condition on a value of ${type}. All operators must match.`,
    fields: (t) => ({
      eq: t.field({ type, description: 'Equal to this value.' }),
      in: t.field({ type: [type], description: `Equal to one of these values. ${list}` }),
      notIn: t.field({ type: [type], description: `Null, or equal to none of these values. ${negatedList}` }),
      gte: t.field({ type, description: 'Equal to this value or higher.' }),
      lte: t.field({ type, description: 'Equal to this value or lower.' }),
    }),
  })
