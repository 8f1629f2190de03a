#!/usr/bin/env python3
"""Follows the changes of a project, and prints each as a line of JSON. A cursor file makes it continue where it stopped.

    URL=http://localhost:4000 TOKEN=snag_… ./follow.py CORE --cursor-file core.cursor
"""

import argparse
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request

SUBSCRIPTION = """
subscription Changes($filter: TicketFilter, $after: String) {
  changes(filter: $filter, after: $after) {
    cursor
    changes { type at key actor { username } fields { field from to } ticket { title status } comment { body } }
  }
}
"""
MAX_WAIT = 30


class ApiError(Exception):
    def __init__(self, errors):
        super().__init__("; ".join(error["message"] for error in errors))
        self.code = errors[0]["extensions"]["code"]


def results(**variables):
    """Yields the results of the stream until it ends."""
    headers = {
        "accept": "text/event-stream",
        "authorization": f"Bearer {os.environ['TOKEN']}",
        "content-type": "application/json",
    }
    body = json.dumps({"query": SUBSCRIPTION, "variables": variables}).encode()
    request = urllib.request.Request(f"{os.environ['URL']}/graphql", body, headers)
    try:
        # The server sends an empty batch after 30 seconds without a change.
        with urllib.request.urlopen(request, timeout=60) as events:
            for line in events:
                if line.startswith(b"data: "):
                    yield data_of(json.loads(line[6:]))
    except urllib.error.HTTPError as error:
        data_of(json.load(error))


def data_of(result):
    if "errors" in result:
        raise ApiError(result["errors"])
    return result["data"]


def follow(project, cursor_file):
    cursor = read(cursor_file)
    wait = 1
    while True:
        try:
            for result in results(filter={"project": {"eq": project}, "archived": None}, after=cursor):
                for change in result["changes"]["changes"]:
                    print(json.dumps(change, ensure_ascii=False), flush=True)
                # A change may be printed twice after a crash, but is never missing.
                cursor = result["changes"]["cursor"]
                write(cursor_file, cursor)
                wait = 1
        except ApiError as error:
            if error.code not in ("RATE_LIMITED", "UNAVAILABLE"):
                raise
            print(f"{error}; connecting again in {wait} seconds", file=sys.stderr)
        except (OSError, http.client.HTTPException, json.JSONDecodeError) as error:
            print(f"{error}; connecting again in {wait} seconds", file=sys.stderr)
        time.sleep(wait)
        wait = min(2 * wait, MAX_WAIT)


def read(path):
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip() or None
    except FileNotFoundError:
        return None


def write(path, cursor):
    with open(f"{path}.new", "w", encoding="ascii") as file:
        file.write(cursor)
    os.replace(f"{path}.new", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", help="key of the project")
    parser.add_argument("--cursor-file", default="follow.cursor", help="without a cursor, begins with new changes")
    options = parser.parse_args()
    follow(options.project, options.cursor_file)


if __name__ == "__main__":
    for variable in ("URL", "TOKEN"):
        if variable not in os.environ:
            sys.exit(f"{variable} is not set")
    try:
        main()
    except ApiError as error:
        sys.exit(f"{error.code}: {error}")
    except KeyboardInterrupt:
        pass
