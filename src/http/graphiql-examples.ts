/** The initial tabs of GraphiQL. They work with the demo data, or any project with the key CORE. */
export const examples: readonly { readonly query: string; readonly variables?: object }[] = [
  {
    query: `# The newest open issues and defects, with labels and comments.
# Press Ctrl-Enter to run the query.
query List {
  viewer { name role }
  tickets(
    first: 5
    filter: { status: { in: [OPEN, IN_PROGRESS] } }
  ) {
    totalCount
    nodes {
      __typename key title status priority
      assignee { name }
      labels { name color }
      comments(last: 1) { nodes { author { name } body } }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`,
  },
  {
    query: `# A combined filter, passed as a variable: critical defects
# of the last 90 days, or unassigned defects.
query Filter($filter: DefectFilter) {
  defects(
    filter: $filter
    orderBy: [{ field: SEVERITY, direction: DESC }, { field: CREATED_AT }]
  ) {
    totalCount
    nodes {
      key title category subcategory absn
      severity disposition reportedBy createdAt
    }
  }
}
`,
    variables: {
      filter: { or: [{ severity: { eq: 'CRITICAL' }, createdAt: { gte: '-P90D' } }, { assignee: { isNull: true } }] },
    },
  },
  {
    query: `# Full-text search with excerpts, ordered by relevance.
query Search {
  tickets(
    filter: { search: "battery or cold -drift" }
    orderBy: [{ field: RELEVANCE, direction: DESC }]
  ) {
    totalCount
    nodes {
      key title
      excerpt(search: "battery or cold") { text hits { start end } }
    }
  }
}
`,
  },
  {
    query: `# Defects by category, and the backlog per week. The filter of
# each row, passed to \`tickets\`, lists the tickets it counts.
query Report {
  reports(filter: { project: { eq: "CORE" } }, timeZone: "Europe/Berlin") {
    pareto(by: CATEGORY) { value count share cumulativeShare vitalFew filter }
    topAssignees { user { name } total open resolved }
    resolutionTime(groupBy: PRIORITY) { group count p50 p90 }
    flow(interval: WEEK, from: "-P6W") { from opened resolved reopened backlog }
  }
}
`,
  },
  {
    query: `# Creates an issue. The key of a project can replace its id,
# as can the username of a user.
mutation Create {
  createIssue(
    input: {
      projectId: "CORE"
      title: "Clock drifts after standby"
      description: "Ten minutes a day, **only** on battery."
      priority: HIGH
    }
  ) {
    issue { id key version reporter { username } createdAt }
  }
}
`,
  },
  {
    query: `# Adds a comment, and returns the latest comments.
mutation Comment {
  addComment(
    input: { ticketId: "CORE-1", body: "Seen again this morning." }
  ) {
    comment {
      id author { name } createdAt
      ticket {
        key commentCount
        comments(last: 3) { nodes { author { name } body } }
      }
    }
  }
}
`,
  },
  {
    query: `# Updates several tickets, or none if one fails. dryRun counts
# the changes without saving them. Instead of ids, you can pass
# a filter with expectedCount.
mutation Bulk {
  bulkUpdateStatus(
    input: { ids: ["CORE-2", "CORE-3"], status: CLOSED, dryRun: true }
  ) {
    matchedCount updatedCount batch
    tickets {
      key status resolution version
      history(first: 1) {
        nodes { actor { name } changes { field from to } }
      }
    }
  }
}
`,
  },
]
