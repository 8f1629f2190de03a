#!/usr/bin/env python3
"""Writes the tickets of a project to standard output, as CSV or JSON Lines.

    URL=http://localhost:4000 TOKEN=snag_… ./list-tickets.py CORE --status OPEN IN_PROGRESS > tickets.csv
"""

import argparse
import csv
import json
import os
import re
import sys
import time
import urllib.error
import urllib.request

# CREATED_AT does not change, so that no ticket is skipped or repeated if tickets change meanwhile.
QUERY = """
query Tickets($filter: TicketFilter, $first: Int, $after: String) {
  tickets(filter: $filter, orderBy: [{ field: CREATED_AT }], first: $first, after: $after) {
    nodes {
      key
      kind: __typename
      title
      status
      priority
      createdAt
      updatedAt
      assignee { username }
      labels { name }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
COLUMNS = ["key", "kind", "title", "status", "priority", "createdAt", "updatedAt", "assignee", "labels"]
ATTEMPTS = 6


class ApiError(Exception):
    def __init__(self, errors):
        super().__init__("; ".join(error["message"] for error in errors))
        self.code = errors[0]["extensions"]["code"]


def send(body):
    """Returns the result, and the seconds of Retry-After if the response has them."""
    headers = {"authorization": f"Bearer {os.environ['TOKEN']}", "content-type": "application/json"}
    request = urllib.request.Request(f"{os.environ['URL']}/graphql", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response), None
    except urllib.error.HTTPError as error:
        return json.load(error), error.headers.get("retry-after")


def run(query, **variables):
    """Returns the data of a query. Repeats it while the server is busy or unreachable."""
    for attempt in range(ATTEMPTS):
        wait = 2**attempt
        try:
            result, retry_after = send({"query": query, "variables": variables})
            if "errors" not in result:
                return result["data"]
            failure = ApiError(result["errors"])
            if failure.code not in ("RATE_LIMITED", "UNAVAILABLE"):
                raise failure
            wait = int(retry_after or wait)
        except (OSError, json.JSONDecodeError) as error:
            failure = error
        if attempt < ATTEMPTS - 1:
            print(f"{failure}; trying again in {wait} seconds", file=sys.stderr)
            time.sleep(wait)
    raise failure


def all_tickets(ticket_filter, page_size):
    after = None
    while True:
        page = run(QUERY, filter=ticket_filter, first=page_size, after=after)["tickets"]
        yield from page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def cell(text):
    """Prefixes what a spreadsheet would evaluate as a formula."""
    return "'" + text if re.match(r"'*(\s*[=+\-@＝＋－＠]|[\t\r\n])", text) else text


def row(ticket):
    assignee = ticket["assignee"]["username"] if ticket["assignee"] else ""
    labels = "; ".join(label["name"] for label in ticket["labels"])
    return {name: cell(text) for name, text in {**ticket, "assignee": assignee, "labels": labels}.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", help="key of the project")
    parser.add_argument("--status", nargs="+", choices=["OPEN", "IN_PROGRESS", "RESOLVED", "CLOSED"])
    parser.add_argument("--format", choices=["csv", "jsonl"], default="csv")
    parser.add_argument("--page-size", type=int, default=200)
    options = parser.parse_args()
    ticket_filter = {"project": {"eq": options.project}}
    if options.status:
        ticket_filter["status"] = {"in": options.status}
    tickets = all_tickets(ticket_filter, options.page_size)
    if options.format == "jsonl":
        for ticket in tickets:
            print(json.dumps(ticket, ensure_ascii=False))
    else:
        writer = csv.DictWriter(sys.stdout, COLUMNS)
        writer.writeheader()
        writer.writerows(map(row, tickets))


if __name__ == "__main__":
    for variable in ("URL", "TOKEN"):
        if variable not in os.environ:
            sys.exit(f"{variable} is not set")
    try:
        main()
    except (ApiError, OSError) as error:
        sys.exit(str(error))
