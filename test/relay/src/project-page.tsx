import { useLazyLoadQuery, useMutation, usePaginationFragment, useRefetchableFragment } from 'react-relay'
import addComment, { type AddCommentMutation } from './__generated__/AddCommentMutation.graphql.ts'
import commentsFragment, { type Comments_issue$key } from './__generated__/Comments_issue.graphql.ts'
import type { CommentsPaginationQuery } from './__generated__/CommentsPaginationQuery.graphql.ts'
import createIssue, { type CreateIssueMutation } from './__generated__/CreateIssueMutation.graphql.ts'
import deleteComment, { type DeleteCommentMutation } from './__generated__/DeleteCommentMutation.graphql.ts'
import issueListFragment, { type IssueList_project$key } from './__generated__/IssueList_project.graphql.ts'
import type { IssueListPaginationQuery } from './__generated__/IssueListPaginationQuery.graphql.ts'
import projectQuery, { type ProjectQuery } from './__generated__/ProjectQuery.graphql.ts'
import summaryFragment, { type Summary_ticket$key } from './__generated__/Summary_ticket.graphql.ts'
import type { SummaryRefetchQuery } from './__generated__/SummaryRefetchQuery.graphql.ts'

interface ProjectPageProps {
  readonly projectId: string
  readonly issueId: string
}

/** The issues of a project, and the last comments on one of them. */
export function ProjectPage({ projectId, issueId }: ProjectPageProps) {
  const { project, issue } = useLazyLoadQuery<ProjectQuery>(projectQuery, { id: projectId, issueId })
  return (
    <>
      {project && <IssueList project={project} projectId={projectId} />}
      {issue && <Summary ticket={issue} />}
      {issue && <Comments issue={issue} issueId={issueId} />}
    </>
  )
}

function IssueList({ project, projectId }: { readonly project: IssueList_project$key; readonly projectId: string }) {
  const { data, hasNext, loadNext, refetch } = usePaginationFragment<IssueListPaginationQuery, IssueList_project$key>(
    issueListFragment,
    project,
  )
  const [create] = useMutation<CreateIssueMutation>(createIssue)
  const connections = [data.issues.__id]
  return (
    <section>
      <ul id="issues">
        {data.issues.edges.map(({ node }) => (
          <li key={node.key}>{node.key}</li>
        ))}
      </ul>
      {hasNext && <button id="more issues" type="button" onClick={() => loadNext(15)} />}
      <button id="open issues" type="button" onClick={() => refetch({ filter: { status: { eq: 'OPEN' } } })} />
      <button
        id="create issue"
        type="button"
        onClick={() => create({ variables: { input: { projectId, title: 'Created by Relay' }, connections } })}
      />
    </section>
  )
}

/** A fragment on an interface, which is refetched by `node(id:)`. */
function Summary({ ticket }: { readonly ticket: Summary_ticket$key }) {
  const [{ key, title, version }, refetch] = useRefetchableFragment<SummaryRefetchQuery, Summary_ticket$key>(
    summaryFragment,
    ticket,
  )
  return (
    <section>
      <h1 id="summary">{[key, title, version].join(' ')}</h1>
      <button id="refetch summary" type="button" onClick={() => refetch({}, { fetchPolicy: 'network-only' })} />
    </section>
  )
}

function Comments({ issue, issueId }: { readonly issue: Comments_issue$key; readonly issueId: string }) {
  const { data, hasPrevious, loadPrevious } = usePaginationFragment<CommentsPaginationQuery, Comments_issue$key>(
    commentsFragment,
    issue,
  )
  const [add] = useMutation<AddCommentMutation>(addComment)
  const [remove] = useMutation<DeleteCommentMutation>(deleteComment)
  const connections = [data.comments.__id]
  const last = data.comments.edges.at(-1)?.node
  return (
    <section>
      <ul id="comments">
        {data.comments.edges.map(({ node }) => (
          <li key={node.id}>{node.body}</li>
        ))}
      </ul>
      {hasPrevious && <button id="previous comments" type="button" onClick={() => loadPrevious(2)} />}
      <button
        id="add comment"
        type="button"
        onClick={() => add({ variables: { input: { ticketId: issueId, body: 'Added by Relay' }, connections } })}
      />
      {last && (
        <button
          id="delete last comment"
          type="button"
          onClick={() => remove({ variables: { input: { id: last.id }, connections } })}
        />
      )}
    </section>
  )
}
