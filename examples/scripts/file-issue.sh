#!/usr/bin/env bash
# Files an issue and prints its key. Within 24 hours, the same issue is filed once, however often the script runs.
#
#   URL=http://localhost:4000 TOKEN=snag_… ./file-issue.sh PROJECT TITLE [DESCRIPTION]
set -euo pipefail
: "${URL:?is not set}" "${TOKEN:?is not set}"
project=${1:?is missing: the key of a project} title=${2:?is missing: the title of the issue} description=${3-}

# Prints a text as a string of JSON.
json() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  text=${text//$'\t'/\\t}
  printf '"%s"' "${text//[[:cntrl:]]/}"
}

query='mutation ($input: CreateIssueInput!) { createIssue(input: $input) { issue { key } } }'
input="{\"projectId\":$(json "$project"),\"title\":$(json "$title"),\"description\":$(json "$description")}"
body="{\"query\":$(json "$query"),\"variables\":{\"input\":$input}}"

# A repetition with the same key and body returns the first result, so curl may retry after any failure.
if ! result=$(curl --silent --show-error --fail-with-body --retry 5 --retry-connrefused "$URL/graphql" \
  -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \
  -H "idempotency-key: $(printf '%s' "$body" | sha256sum | cut -d ' ' -f 1)" --data-binary "$body"); then
  echo "$result" >&2
  exit 1
fi

# A failed mutation usually has status 200, too: its result has errors, which come first.
if [[ $result =~ ^\{\"data\".*\"key\":\"([A-Z0-9-]+)\" ]]; then
  echo "${BASH_REMATCH[1]}"
else
  echo "$result" >&2
  exit 1
fi
