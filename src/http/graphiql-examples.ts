interface Example {
  readonly query: string
  readonly variables?: object
}

/**
 * The initial tabs of GraphiQL. In this order, they also work on an empty server: Project creates the project of the
 * mutations after it. Lines have at most 50 characters, which are visible in a window of 1,280 pixels.
 */
export const examples: readonly Example[] = [
  {
    query: `# The newest open issues and defects.
# Press Ctrl-Enter to run the query.
query List {
  viewer { name role }
  tickets(
    first: 5
    filter: {
      status: { in: [OPEN, IN_PROGRESS] }
    }
  ) {
    totalCount
    nodes {
      __typename key title status priority
      assignee { name }
      labels { name color }
      comments(last: 1) { nodes { body } }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`,
  },
  {
    query: `# People sign in with the button in the corner.
# Programs send the token of this result in a
# header: Authorization: Bearer snag_…
mutation SignIn(
  $username: String!
  $password: String!
) {
  signIn(
    input: {
      username: $username
      password: $password
    }
  ) {
    token expiresAt
    viewer { username role }
  }
}

# Creates an account while sign-up is open. The
# first account of a server becomes its ADMIN.
mutation SignUp(
  $username: String!
  $password: String!
) {
  signUp(
    input: {
      username: $username
      name: $username
      password: $password
    }
  ) {
    token expiresAt
    viewer { username role }
  }
}
`,
    variables: { username: 'ada', password: 'snaglist-demo' },
  },
  {
    query: `# Creates the project of the following examples.
# You become its maintainer.
mutation Project {
  createProject(
    input: { key: "TRY", name: "First steps" }
  ) {
    project { id key name viewerRole }
  }
}
`,
  },
  {
    query: `# Creates an account, whose owner changes the
# password, and makes it a member of the project.
mutation People {
  createUser(
    input: {
      username: "sam"
      name: "Sam"
      password: "change it later"
    }
  ) {
    user { id username }
  }
  setProjectMember(
    input: {
      projectId: "TRY"
      userId: "sam"
      role: CONTRIBUTOR
    }
  ) {
    member { role }
  }
}
`,
  },
  {
    query: `# Creates an issue. The key of a project can
# replace its id, as can the username of a user.
mutation Create {
  createIssue(
    input: {
      projectId: "TRY"
      title: "Clock drifts after standby"
      description: "Only on **battery**."
      priority: HIGH
    }
  ) {
    issue {
      id key version
      reporter { username } createdAt
    }
  }
}
`,
  },
  {
    query: `# Changes the passed fields only. If one of them
# was changed since version 1, the server rejects
# the patch with CONFLICT: run it twice.
mutation Update {
  updateIssue(
    input: {
      id: "TRY-1"
      expectedVersion: 1
      status: IN_PROGRESS
      assigneeId: "sam"
    }
  ) {
    issue {
      key status assignee { name } version
      history(first: 1) {
        nodes { changes { field from to } }
      }
    }
  }
}
`,
  },
  {
    query: `# Adds a comment, and returns the latest comments.
mutation Comment {
  addComment(
    input: {
      ticketId: "TRY-1"
      body: "Seen again this morning."
    }
  ) {
    comment {
      id author { name } createdAt
      ticket {
        key commentCount
        comments(last: 3) {
          nodes { author { name } body }
        }
      }
    }
  }
}
`,
  },
  {
    query: `# Imports a CSV file: here, the lines in the
# variable "file". A dry run shows the effect of
# each row; dryRun: false creates the tickets.
mutation Import($file: Upload!) {
  importTickets(
    input: {
      projectId: "TRY"
      file: $file
      kind: DEFECT
      dryRun: true
    }
  ) {
    import {
      rowCount createdCount rejectedCount
      faults { nodes { row column message } }
      preview { row action title }
    }
  }
}
`,
    variables: {
      file: [
        'title,category,severity,absn',
        'Scratched housing,COSMETIC,MINOR,A-1001',
        'Loose connector,ELECTRICAL,MAJOR,A-1002',
      ],
    },
  },
  {
    query: `# Full-text search, ordered by relevance. It finds
# parts of words, keys and comments, too.
query Search($text: String!) {
  tickets(
    filter: { search: $text }
    orderBy: [
      { field: RELEVANCE, direction: DESC }
    ]
  ) {
    totalCount
    nodes {
      key title
      excerpt(search: $text) {
        text hits { start end }
      }
    }
  }
}
`,
    variables: { text: 'battery or cold -drift' },
  },
  {
    query: `# A combined filter, passed as a variable:
# critical defects of the last 90 days, or
# unassigned ones.
query Filter($filter: DefectFilter) {
  defects(
    filter: $filter
    orderBy: [
      { field: SEVERITY, direction: DESC }
      { field: CREATED_AT }
    ]
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
      filter: {
        or: [{ severity: { eq: 'CRITICAL' }, createdAt: { gte: '-P90D' } }, { assignee: { isNull: true } }],
      },
    },
  },
  {
    query: `# Tickets by priority, and the backlog per week.
# The filter of a row, passed to \`tickets\`, lists
# the tickets that it counts.
query Report {
  reports(timeZone: "Europe/Berlin") {
    pareto(by: PRIORITY) {
      value count share cumulativeShare vitalFew
      filter
    }
    topAssignees {
      user { name } total open resolved
    }
    resolutionTime(groupBy: PRIORITY) {
      group count p50 p90
    }
    flow(interval: WEEK, from: "-P6W") {
      from opened resolved reopened backlog
    }
  }
}
`,
  },
  {
    query: `# Updates several tickets, or none if one fails. A
# dry run counts the changes without saving them.
mutation Bulk {
  bulkUpdateStatus(
    input: {
      ids: ["TRY-1"]
      status: CLOSED
      dryRun: true
    }
  ) {
    matchedCount updatedCount
    tickets { key status resolution version }
  }
}
`,
  },
  {
    query: `# Changes as they are made. Run it, and change a
# ticket in another window.
subscription Live {
  changes(
    filter: {
      status: { in: [OPEN, IN_PROGRESS] }
    }
  ) {
    cursor
    changes {
      type key matches
      actor { name }
      fields { field from to }
      ticket { title status priority }
    }
  }
}
`,
  },
  {
    query: `# The cost of a query, without running it: a limit
# for each query, and an allowance per minute.
query Cost {
  explainCost(
    query: """
    {
      tickets(first: 50) {
        totalCount
        nodes {
          title
          comments(first: 10) { nodes { body } }
        }
      }
    }
    """
  ) {
    requested limit objects work
    fields { path objects work }
    lists { path cost first }
  }
}
`,
  },
]
