/** The tabs that GraphiQL opens with: they work on the demo, or on a project of one's own with the key CORE. */
export const examples: readonly { readonly query: string; readonly variables?: object }[] = [
  {
    query: `# The newest open tickets of both kinds, with what is in them.
# Ctrl-Enter runs it.
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
    query: `# Filters combine freely. Here, in the variables below:
# critical defects of the last 90 days, or whatever nobody has taken.
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
    query: `# What is said about batteries or cold, the best first, and where.
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
    query: `# Which defects come most, and how the backlog goes. The filter
# of each row, given to \`tickets\`, lists what is behind it.
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
    query: `# Files an issue. A project's key stands for its id,
# a username for a user's.
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
    query: `# Comments on a ticket, and shows the talk so far.
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
    query: `# Moves many tickets: all of them or none. With dryRun it only
# tells what would happen. Instead of ids it takes any filter,
# with expectedCount beside it.
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
