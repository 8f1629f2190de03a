import { z } from 'zod'
import { bodyText, nameText, notNull, projectReference, userReference } from '../check.ts'
import { requireViewer } from '../context.ts'
import { mutation } from '../mutation.ts'
import { edgeOf } from '../paging/connection.type.ts'
import { projectKeyPattern } from '../reference.ts'
import { prepareAndWrite, write } from '../write.ts'
import { countTakenKey, createProject, setProjectMember, updateProject } from './project.actions.ts'
import { projectOrder } from './project.sql.ts'
import { ProjectEdge, ProjectMember } from './project.type.ts'

const name = nameText(100)
const description = bodyText.nullable()
const key = z
  .string()
  .regex(projectKeyPattern, 'must be 2 to 10 letters and digits, beginning with a letter')
  .transform((value) => value.toUpperCase())

mutation('createProject', {
  description:
    'Creates a project with you as its MAINTAINER. Fails with CONFLICT if the key is taken, and with RATE_LIMITED after ten taken keys in an hour.',
  inputDescription: 'A new project, of which you become MAINTAINER.',
  payloadDescription: 'The new project, with its id.',
  input: (t) => ({
    key: t.string({
      required: true,
      description:
        'Prefix of ticket keys: 2 to 10 letters and digits, beginning with a letter. Converted to upper case. Unique, cannot be changed.',
    }),
    name: t.string({ required: true, description: 'Display name, at most 100 characters.' }),
    description: t.string({ description: 'Description in Markdown, at most 64 KiB.' }),
    defaultRole: t.field({
      type: 'ProjectRole',
      description: 'Minimum role of every signed-in user. Omit it to restrict the project to its members and ADMINs.',
    }),
  }),
  rules: { key, name, description },
  resolve: async (input, context) => ({
    project: await prepareAndWrite(
      context,
      () => countTakenKey(context.db, requireViewer(context), input.key),
      (tx) => createProject(tx, requireViewer(context), input),
    ),
  }),
  payload: (t) => ({
    project: t.expose('project', { type: 'Project', description: 'Created project.' }),
    projectEdge: t.field({
      type: ProjectEdge,
      description: 'Created project as an edge of `projects`, for Relay.',
      resolve: ({ project }) => edgeOf(projectOrder, project, [project.key]),
    }),
  }),
})

mutation('updateProject', {
  description: 'Updates, archives or unarchives a project. Requires MAINTAINER in the project.',
  inputDescription: 'Changes to a project. Omitted fields keep their value.',
  payloadDescription: 'The updated project.',
  input: (t) => ({
    id: t.id({ required: true, description: 'Id or key of the project.' }),
    name: t.string({ description: 'New display name, at most 100 characters.' }),
    description: t.string({ description: 'Description in Markdown, at most 64 KiB; null clears it.' }),
    defaultRole: t.field({
      type: 'ProjectRole',
      description: 'Minimum role of every signed-in user; null restricts the project to its members and ADMINs.',
    }),
    archived: t.boolean({
      description: 'True archives the project, which makes it and its tickets read-only. False unarchives it.',
    }),
  }),
  rules: { id: projectReference, name, description, archived: notNull },
  resolve: async ({ name, archived, ...input }, context) => ({
    project: await write(context, (tx, viewer) =>
      updateProject(tx, viewer, { ...input, name: name ?? undefined, archived: archived ?? undefined }),
    ),
  }),
  payload: (t) => ({ project: t.expose('project', { type: 'Project', description: 'Updated project.' }) }),
})

mutation('setProjectMember', {
  description: 'Adds a member to a project, changes their role, or removes them. Requires MAINTAINER in the project.',
  inputDescription: 'A project, a user and their role.',
  payloadDescription: 'The project and its member.',
  input: (t) => ({
    projectId: t.id({ required: true, description: 'Id or key of the project.' }),
    userId: t.id({ required: true, description: 'Id or username of the user.' }),
    role: t.field({
      type: 'ProjectRole',
      description: 'New role. Must be passed; null removes the member, whose tickets stay assigned.',
    }),
  }),
  rules: { projectId: projectReference, userId: userReference },
  validate: ({ role }) =>
    role === undefined ? [{ path: 'role', message: 'is required: a role, or null to remove the member' }] : [],
  resolve: ({ role, ...input }, context) =>
    write(context, (tx, viewer) => setProjectMember(tx, viewer, { ...input, role: role ?? null })),
  payload: (t) => ({
    project: t.expose('project', { type: 'Project', description: 'Project after the change.' }),
    member: t.expose('member', {
      type: ProjectMember,
      nullable: true,
      description: 'Added or updated member. Null if removed.',
    }),
  }),
})
