import type { ImportFieldKey } from './field.parser.ts'

export interface ValueReplacement {
  readonly column: ImportFieldKey
  readonly from: string
  readonly to: string
}

export interface PresetColumn {
  readonly from: string
  readonly to: ImportFieldKey
  /** True if an unknown value is no error, for a field that is derived from the column of another one. */
  readonly isOptional?: boolean
}

/**
 * The format of the CSV files of another tracker. Of several columns for one field, the first with a value counts: the
 * time of the last change is the time of resolution of a file without one.
 */
export interface Preset {
  readonly tracker: string
  readonly columns: readonly PresetColumn[]
  readonly values: readonly ValueReplacement[]
  readonly dateFormats: readonly string[]
  readonly listSeparator: string
  readonly severalPeople?: string
}

const columns = (headers: Partial<Record<ImportFieldKey, readonly string[]>>): PresetColumn[] =>
  Object.entries(headers).flatMap(([to, names]) => names.map((from) => ({ from, to: to as ImportFieldKey })))

/** Columns whose known words set a field, and whose other words do not. */
const optionalColumns = (headers: Partial<Record<ImportFieldKey, readonly string[]>>): PresetColumn[] =>
  columns(headers).map((column) => ({ ...column, isOptional: true }))

const values = (words: Partial<Record<ImportFieldKey, Readonly<Record<string, string>>>>): ValueReplacement[] =>
  Object.entries(words).flatMap(([column, replacements]) =>
    Object.entries(replacements).map(([from, to]) => ({ column: column as ImportFieldKey, from, to })),
  )

const presets = {
  JIRA: {
    tracker: 'Jira',
    columns: [
      ...columns({
        EXTERNAL_KEY: ['Issue key', 'Key'],
        TITLE: ['Summary'],
        DESCRIPTION: ['Description'],
        STATUS: ['Status', 'Status Category'],
        RESOLUTION: ['Resolution'],
        PRIORITY: ['Priority'],
        ASSIGNEE: ['Assignee'],
        REPORTER: ['Reporter'],
        LABELS: ['Labels'],
        CREATED_AT: ['Created'],
        RESOLVED_AT: ['Resolved', 'Updated'],
      }),
      ...optionalColumns({ RESOLUTION: ['Status'] }),
    ],
    values: values({
      STATUS: {
        'Selected for Development': 'OPEN',
        'Waiting for support': 'OPEN',
        'Waiting for approval': 'OPEN',
        'Awaiting approval': 'OPEN',
        'Awaiting implementation': 'OPEN',
        Planning: 'OPEN',
        'Waiting for customer': 'IN_PROGRESS',
        'Work in progress': 'IN_PROGRESS',
        'Under review': 'IN_PROGRESS',
        'Under investigation': 'IN_PROGRESS',
        'Code review': 'IN_PROGRESS',
        'Ready for QA': 'IN_PROGRESS',
        'In QA': 'IN_PROGRESS',
        'In testing': 'IN_PROGRESS',
        Implementing: 'IN_PROGRESS',
        Escalated: 'IN_PROGRESS',
        Pending: 'IN_PROGRESS',
        Blocked: 'IN_PROGRESS',
        Failed: 'CLOSED',
        Declined: 'CLOSED',
        Rejected: 'CLOSED',
        "Won't Do": 'CLOSED',
      },
      RESOLUTION: {
        Incomplete: 'CANNOT_REPRODUCE',
        'Known Error': 'WONT_FIX',
        Failed: 'WONT_FIX',
        'Hardware failure': 'NOT_A_DEFECT',
        'Software failure': 'FIXED',
        Implemented: 'FIXED',
      },
      PRIORITY: { None: '', 'Not Prioritized': '' },
      ASSIGNEE: { Unassigned: '' },
      REPORTER: { Anonymous: '' },
    }),
    dateFormats: ['D/MMM/YY h:mm A', 'D/MMM/YY', 'D/MMM/YYYY h:mm A', 'D/MMM/YY HH:mm', 'D MMM YYYY HH:mm'],
    // A label of Jira has no spaces; newer versions repeat the column.
    listSeparator: ' ',
  },
  GITHUB: {
    tracker: 'GitHub',
    columns: columns({
      EXTERNAL_KEY: ['number'],
      TITLE: ['title'],
      DESCRIPTION: ['body'],
      STATUS: ['state'],
      RESOLUTION: ['stateReason'],
      ASSIGNEE: ['assignees', 'assignee'],
      REPORTER: ['author', 'user'],
      LABELS: ['labels'],
      CREATED_AT: ['createdAt'],
      RESOLVED_AT: ['closedAt'],
    }),
    values: values({
      RESOLUTION: { Reopened: '', null: '' },
      // The GitHub CLI writes the first year for an open issue.
      RESOLVED_AT: { '0001-01-01T00:00:00Z': '' },
    }),
    dateFormats: [],
    listSeparator: ',',
    severalPeople: ',',
  },
  GITLAB: {
    tracker: 'GitLab',
    columns: columns({
      EXTERNAL_KEY: ['IID', 'Issue ID'],
      TITLE: ['Title'],
      DESCRIPTION: ['Description'],
      STATUS: ['State'],
      ASSIGNEE: ['Assignee Username', 'Assignee', 'Assignee(s)'],
      REPORTER: ['Author Username', 'Author'],
      LABELS: ['Labels'],
      CREATED_AT: ['Created At (UTC)', 'Created At'],
      RESOLVED_AT: ['Closed At (UTC)', 'Closed At'],
    }),
    values: [],
    dateFormats: [],
    listSeparator: ',',
    severalPeople: ',',
  },
  LINEAR: {
    tracker: 'Linear',
    columns: [
      ...columns({
        EXTERNAL_KEY: ['ID'],
        TITLE: ['Title'],
        DESCRIPTION: ['Description'],
        STATUS: ['Status'],
        PRIORITY: ['Priority'],
        ASSIGNEE: ['Assignee'],
        REPORTER: ['Creator'],
        LABELS: ['Labels'],
        CREATED_AT: ['Created'],
        RESOLVED_AT: ['Completed', 'Canceled', 'Updated'],
        ARCHIVED_AT: ['Archived'],
      }),
      ...optionalColumns({ RESOLUTION: ['Status'] }),
    ],
    values: values({
      STATUS: { Canceled: 'CLOSED', Duplicate: 'CLOSED', Icebox: 'OPEN' },
      PRIORITY: { 'No priority': '', 0: '', 1: 'URGENT', 2: 'HIGH', 3: 'MEDIUM', 4: 'LOW' },
    }),
    dateFormats: ['ddd MMM DD YYYY HH:mm:ss [GMT]ZZ'],
    listSeparator: ',',
  },
  REDMINE: {
    tracker: 'Redmine',
    columns: [
      ...columns({
        EXTERNAL_KEY: ['#'],
        TITLE: ['Subject'],
        DESCRIPTION: ['Description'],
        STATUS: ['Status'],
        PRIORITY: ['Priority'],
        ASSIGNEE: ['Assignee'],
        REPORTER: ['Author'],
        CATEGORY: ['Category'],
        CREATED_AT: ['Created'],
        RESOLVED_AT: ['Closed', 'Updated'],
      }),
      ...optionalColumns({ RESOLUTION: ['Status'] }),
    ],
    values: values({ STATUS: { Assigned: 'IN_PROGRESS', Feedback: 'IN_PROGRESS', Rejected: 'CLOSED' } }),
    dateFormats: ['M/D/YYYY h:mm A', 'M/D/YYYY', 'DD.MM.YYYY HH:mm'],
    listSeparator: ',',
  },
  MANTIS: {
    tracker: 'MantisBT',
    columns: columns({
      EXTERNAL_KEY: ['Id'],
      TITLE: ['Summary'],
      DESCRIPTION: ['Description'],
      STATUS: ['Status'],
      RESOLUTION: ['Resolution'],
      PRIORITY: ['Priority'],
      ASSIGNEE: ['Assigned To'],
      REPORTER: ['Reporter'],
      LABELS: ['Tags'],
      CATEGORY: ['Category'],
      SEVERITY: ['Severity'],
      CREATED_AT: ['Date Submitted'],
      RESOLVED_AT: ['Updated'],
    }),
    values: values({
      STATUS: { feedback: 'IN_PROGRESS', acknowledged: 'OPEN', confirmed: 'OPEN', assigned: 'IN_PROGRESS' },
      RESOLUTION: {
        reopened: '',
        'unable to reproduce': 'CANNOT_REPRODUCE',
        'unable to duplicate': 'CANNOT_REPRODUCE',
        'not fixable': 'WONT_FIX',
        'no change required': 'NOT_A_DEFECT',
        'not an issue': 'NOT_A_DEFECT',
        suspended: 'WONT_FIX',
      },
      PRIORITY: { none: 'LOW' },
      SEVERITY: { feature: 'MINOR', text: 'MINOR', tweak: 'MINOR', crash: 'CRITICAL', block: 'CRITICAL' },
    }),
    dateFormats: [],
    listSeparator: ',',
  },
  BUGZILLA: {
    tracker: 'Bugzilla',
    columns: columns({
      EXTERNAL_KEY: ['Bug ID', 'ID'],
      TITLE: ['Summary', 'short_desc'],
      STATUS: ['Status', 'bug_status'],
      RESOLUTION: ['Resolution'],
      PRIORITY: ['Priority'],
      ASSIGNEE: ['Assignee', 'assigned_to', 'Assignee Real Name'],
      REPORTER: ['Reporter', 'Reporter Real Name'],
      LABELS: ['Keywords'],
      CATEGORY: ['Component'],
      SEVERITY: ['Severity', 'bug_severity'],
      CREATED_AT: ['Opened', 'opendate'],
      RESOLVED_AT: ['Changed', 'changeddate'],
    }),
    values: values({
      STATUS: {
        UNCONFIRMED: 'OPEN',
        CONFIRMED: 'OPEN',
        NEEDINFO: 'OPEN',
        ASSIGNED: 'IN_PROGRESS',
        POST: 'IN_PROGRESS',
        MODIFIED: 'IN_PROGRESS',
        ON_DEV: 'IN_PROGRESS',
        ON_QA: 'IN_PROGRESS',
      },
      RESOLUTION: {
        INCOMPLETE: 'CANNOT_REPRODUCE',
        INSUFFICIENT_DATA: 'CANNOT_REPRODUCE',
        NOTOURBUG: 'NOT_A_DEFECT',
        MOVED: 'WONT_FIX',
        UPSTREAM: 'WONT_FIX',
        INACTIVE: 'WONT_FIX',
        EXPIRED: 'WONT_FIX',
        LATER: 'WONT_FIX',
        REMIND: 'WONT_FIX',
        CANTFIX: 'WONT_FIX',
        EOL: 'WONT_FIX',
        CURRENTRELEASE: 'FIXED',
        NEXTRELEASE: 'FIXED',
        RAWHIDE: 'FIXED',
        ERRATA: 'FIXED',
      },
      PRIORITY: { '--': '', '---': '', unspecified: '' },
      SEVERITY: { enhancement: 'MINOR', unspecified: '', 'N/A': '', '--': '' },
    }),
    dateFormats: [],
    listSeparator: ',',
  },
  AZURE_DEVOPS: {
    tracker: 'Azure DevOps',
    columns: [
      ...columns({
        EXTERNAL_KEY: ['ID'],
        // A tree of work items has a column for each level.
        TITLE: ['Title', ...Array.from({ length: 10 }, (_, index) => `Title ${index + 1}`)],
        DESCRIPTION: ['Description', 'Repro Steps'],
        STATUS: ['State'],
        PRIORITY: ['Priority'],
        SEVERITY: ['Severity'],
        ASSIGNEE: ['Assigned To'],
        REPORTER: ['Created By'],
        LABELS: ['Tags'],
        CREATED_AT: ['Created Date'],
        RESOLVED_AT: ['Resolved Date', 'Closed Date', 'Changed Date'],
      }),
      ...optionalColumns({ RESOLUTION: ['Resolved Reason', 'Reason', 'State'] }),
    ],
    values: values({
      STATUS: {
        Proposed: 'OPEN',
        Requested: 'OPEN',
        Approved: 'OPEN',
        Accepted: 'OPEN',
        Design: 'OPEN',
        'In Planning': 'OPEN',
        Inactive: 'CLOSED',
        Committed: 'IN_PROGRESS',
        Ready: 'IN_PROGRESS',
        Removed: 'CLOSED',
      },
      RESOLUTION: { Removed: 'WONT_FIX', 'Removed from the backlog': 'WONT_FIX', Cut: 'WONT_FIX' },
      PRIORITY: { 1: 'URGENT', 2: 'HIGH', 3: 'MEDIUM', 4: 'LOW' },
      SEVERITY: { '1 - Critical': 'CRITICAL', '2 - High': 'CRITICAL', '3 - Medium': 'MAJOR', '4 - Low': 'MINOR' },
    }),
    dateFormats: ['M/D/YYYY h:mm:ss A', 'M/D/YYYY h:mm A', 'DD.MM.YYYY HH:mm:ss'],
    listSeparator: ';',
  },
} as const satisfies Record<string, Preset>

export type PresetKey = keyof typeof presets

export const presetKeys = Object.keys(presets) as PresetKey[]

export const preset = (key: PresetKey): Preset => presets[key]
