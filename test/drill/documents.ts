import { graphql } from '../generated/index.ts'

export const SignUp = graphql(`
  mutation DrillSignUp { signUp(input: { username: "ada", name: "Ada", password: "correct horse" }) { token } }
`)
export const CreateProject = graphql(`
  mutation DrillProject { createProject(input: { key: "DRILL", name: "Drill" }) { project { id } } }
`)
export const CreateIssue = graphql(`
  mutation DrillIssue($description: String!) {
    createIssue(input: { projectId: "DRILL", title: "Filed", description: $description }) { issue { id } }
  }
`)
export const CreateDefect = graphql(`
  mutation DrillDefect($description: String!) {
    createDefect(input: { projectId: "DRILL", category: "Solder", title: "Filed", description: $description }) { defect { id } }
  }
`)
export const Version = graphql(`query DrillVersion($id: ID!) { issue(id: $id) { version } }`)
export const Counter = graphql(`
  query DrillCounter($id: ID!) { issue(id: $id) { title version history { totalCount } } }
`)
export const Retitle = graphql(`
  mutation DrillRetitle($id: ID!, $title: String!, $expectedVersion: Int!) {
    updateIssue(input: { id: $id, title: $title, expectedVersion: $expectedVersion }) { issue { id version } }
  }
`)
export const Comment = graphql(`
  mutation DrillComment($ticketId: ID!, $body: String!) {
    addComment(input: { ticketId: $ticketId, body: $body }) { comment { id } }
  }
`)
export const CreateLabel = graphql(`
  mutation DrillLabel($name: String!) {
    createLabel(input: { projectId: "DRILL", name: $name, color: "#336699" }) { label { id } }
  }
`)
export const AddLabel = graphql(`
  mutation DrillAddLabel($ticketId: ID!, $labelId: ID!) {
    addLabels(input: { ticketId: $ticketId, labelIds: [$labelId] }) { ticket { id } }
  }
`)
export const Move = graphql(`
  mutation DrillMove($ids: [ID!]!, $status: TicketStatus!) {
    bulkUpdateStatus(input: { ids: $ids, status: $status }) { updatedCount batch }
  }
`)
export const List = graphql(`
  query DrillList($status: TicketStatus!) {
    tickets(first: 20, filter: { status: { eq: $status } }) { totalCount nodes { key title status version } }
  }
`)
export const Nested = graphql(`
  query DrillNested {
    tickets(first: 10, orderBy: [{ field: UPDATED_AT, direction: DESC }]) {
      nodes {
        key title assignee { name } labels { name }
        comments(first: 3) { nodes { body author { name } } }
        history(first: 3) { nodes { version changes { field from to } } }
      }
    }
  }
`)
export const Page = graphql(`
  query DrillPage($filter: TicketFilter!, $after: String) {
    tickets(first: 100, after: $after, filter: $filter, orderBy: [{ field: CREATED_AT }]) {
      changesCursor nodes { id title status version commentCount } pageInfo { hasNextPage endCursor }
    }
  }
`)
export const Changes = graphql(`
  query DrillChanges($filter: TicketFilter!, $after: String!) {
    changes(filter: $filter, after: $after) {
      cursor changes { id matches ticketId version ticket { id title status version commentCount } }
    }
  }
`)
export const StreamedChanges = graphql(`
  subscription DrillStreamedChanges($filter: TicketFilter!, $after: String!) {
    changes(filter: $filter, after: $after) {
      cursor changes { id matches ticketId version ticket { id title status version commentCount } }
    }
  }
`)
export const CreateWebhook = graphql(`
  mutation DrillCreateWebhook($input: CreateWebhookInput!) { createWebhook(input: $input) { secret webhook { id } } }
`)
export const Webhooks = graphql(`
  query DrillWebhooks { webhooks(first: 50) { nodes { name enabled disabledReason delivered: deliveries(status: DELIVERED) { totalCount } } } }
`)
export const Feed = graphql(`
  query DrillFeed($filter: TicketFilter, $types: [ChangeType!], $after: String!) {
    changes(filter: $filter, types: $types, after: $after) { caughtUp cursor changes { id } }
  }
`)
export const FeedEnd = graphql(`query DrillFeedEnd { tickets(first: 1) { changesCursor } }`)
