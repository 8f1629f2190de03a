/** The document of the command `import`, which every server runs. */
export const importDocument = `
  mutation Import($input: ImportTicketsInput!) {
    importTickets(input: $input) {
      import {
        id dryRun rowCount createdCount updatedCount unchangedCount rejectedCount faultCount warningCount rejectedRows
        faults(first: 100) { nodes { row column value message } }
        warnings(first: 100) { nodes { row column value message } }
        columns { name fields }
        preview { row action externalKey title status changes { field from to } }
      }
    }
  }`
